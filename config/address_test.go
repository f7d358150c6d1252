// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"fmt"
	"strings"
	"testing"

	"tillbridge/config"
)

func TestParseAddress(t *testing.T) {
	serial := func(path string, baud, bits int, parity config.Parity, stop int) config.Address {
		return config.Address{Scheme: config.SchemeSerial, Path: path, Baud: baud, Bits: bits, Parity: parity, Stop: stop}
	}
	for text, want := range map[string]config.Address{
		"tcp://127.0.0.1:8585":                              {Scheme: config.SchemeTCP, Host: "127.0.0.1:8585"},
		"tcp://[::1]:8585":                                  {Scheme: config.SchemeTCP, Host: "[::1]:8585"},
		"tcp://:0":                                          {Scheme: config.SchemeTCP, Host: ":0"},
		"unix:///run/tillbridge/lane-1.sock":                {Scheme: config.SchemeUnix, Path: "/run/tillbridge/lane-1.sock"},
		"unix:///run/a%20b/../c.sock":                       {Scheme: config.SchemeUnix, Path: "/run/c.sock"},
		"serial:///dev/ttyUSB0":                             serial("/dev/ttyUSB0", 9600, 8, config.ParityNone, 1),
		"serial:///dev/ttyUSB0?stop=2&baud=115200":          serial("/dev/ttyUSB0", 115200, 8, config.ParityNone, 2),
		"serial:///dev/tty.usb?bits=7&parity=even":          serial("/dev/tty.usb", 9600, 7, config.ParityEven, 1),
		"serial:///com12":                                   serial("COM12", 9600, 8, config.ParityNone, 1),
		"http://127.0.0.1:8580/v1/lanes/lane-1":             {Scheme: config.SchemeHTTP, Host: "127.0.0.1:8580", Path: "/v1/lanes/lane-1"},
		"https://till.example/v1/lanes/lane-1":              {Scheme: config.SchemeHTTPS, Host: "till.example", Path: "/v1/lanes/lane-1"},
		"https://[2001:db8::1]/v1/lanes/lane-1":             {Scheme: config.SchemeHTTPS, Host: "[2001:db8::1]", Path: "/v1/lanes/lane-1"},
		"unix:///" + strings.Repeat("a", 102):               {Scheme: config.SchemeUnix, Path: "/" + strings.Repeat("a", 102)},
		"serial:///dev/serial/by-id/usb-FTDI_FT232R-if00-0": serial("/dev/serial/by-id/usb-FTDI_FT232R-if00-0", 9600, 8, config.ParityNone, 1),
	} {
		got, err := config.ParseAddress(text)
		if err != nil || got != want {
			t.Errorf("ParseAddress(%s) = %+v, %v, want %+v", text, got, err, want)
			continue
		}
		if again, err := config.ParseAddress(got.String()); err != nil || again != got {
			t.Errorf("ParseAddress(%s) = %+v, %v, want what String was made from", got, again, err)
		}
	}
}

func ExampleParseAddress() {
	a, err := config.ParseAddress("serial:///dev/ttyUSB0?baud=115200")
	fmt.Println(a, err)
	_, err = config.ParseAddress("/dev/ttyUSB0")
	fmt.Println(err)
	// Output:
	// serial:///dev/ttyUSB0?baud=115200&bits=8&parity=none&stop=1 <nil>
	// address "/dev/ttyUSB0": expected tcp://host:port, unix:///path or serial:///device; did you mean serial:///dev/ttyUSB0?
}

func TestParseAddressRefuses(t *testing.T) {
	tooLong := strings.Repeat("a", 103)
	const forms = "expected tcp://host:port, unix:///path or serial:///device"
	for text, want := range map[string]string{
		"":                               `address "": ` + forms,
		"/run/a.sock":                    forms + "; did you mean unix:///run/a.sock?",
		"COM3":                           forms + "; did you mean serial:///COM3?",
		"localhost:8585":                 forms + "; did you mean tcp://localhost:8585?",
		"tpc://127.0.0.1:1":              "did you mean tcp://127.0.0.1:1?",
		"serail:///dev/ttyS0":            "did you mean serial:///dev/ttyS0?",
		"gopher://a:1":                   forms,
		"tcp://127.0.0.1":                "such as tcp://127.0.0.1:8585",
		"tcp://127.0.0.1:65536":          "such as tcp://127.0.0.1:8585",
		"tcp://127.0.0.1:+1":             forms,
		"tcp://300.0.0.1:1":              "such as tcp://127.0.0.1:8585",
		"tcp://a_b..c:1":                 "such as tcp://127.0.0.1:8585",
		"tcp://127.0.0.1:1/":             "such as tcp://127.0.0.1:8585",
		"tcp://127.0.0.1:1?":             "such as tcp://127.0.0.1:8585",
		"tcp://127.0.0.1:1#":             forms,
		"tcp://till:hunter2@10.0.0.1:1":  `address "tcp://…@10.0.0.1:1": ` + forms,
		"TCP://127.0.0.1:1":              "did you mean tcp://127.0.0.1:1?",
		"tcp:// 127.0.0.1:1":             forms,
		"unix://run/a.sock":              "did you mean unix:///run/a.sock?",
		"unix://":                        "an absolute path",
		"unix:///":                       "an absolute path",
		"unix:///run/a%00b":              "an absolute path",
		"unix:///" + tooLong:             "a socket path of at most 103 bytes",
		"serial://COM3":                  "did you mean serial:///COM3?",
		"serial:///":                     "a device",
		"serial:///dev/ttyS0?speed=9600": "baud, bits, parity and stop, each at most once",
		"serial:///dev/ttyS0?buad=9600":  "did you mean baud?",
		"serial:///dev/ttyS0?baud=9600&baud=9600": "each at most once",
		"serial:///dev/ttyS0?baud=9600;bits=8":    "each at most once",
		"serial:///dev/ttyS0?baud=":               `baud ""`,
		"serial:///dev/ttyS0?bits=9":              `bits "9": expected 7 or 8`,
		"serial:///dev/ttyS0?parity=none,":        "did you mean none?",
		"serial:///dev/ttyS0?stop=1.5":            "expected 1 or 2",
		"http://":                                 "a lane's URL",
		"http:///v1":                              "a lane's URL",
		"http://a/v1?token=x":                     "a lane's URL",
		"tcp://" + strings.Repeat(tooLong, 20):    forms,
	} {
		got, err := config.ParseAddress(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("ParseAddress(%q) = %+v, %v, want an error with %q", text, got, err, want)
		}
	}
}

func TestLocal(t *testing.T) {
	for text, want := range map[string]bool{
		"tcp://127.0.0.1:1":          true,
		"tcp://127.9.9.9:1":          true,
		"tcp://[::1]:1":              true,
		"tcp://[::ffff:127.0.0.1]:1": true,
		"tcp://LocalHost:1":          true,
		"http://localhost/v1":        true,
		"unix:///run/a":              true,
		"serial:///dev/ttyS0":        true,
		"tcp://:1":                   false,
		"tcp://0.0.0.0:1":            false,
		"tcp://[::]:1":               false,
		"tcp://192.168.0.1:1":        false,
		"tcp://localhost.evil:1":     false,
		"tcp://127.0.0.1.evil:1":     false,
		"https://till.example/v1":    false,
	} {
		a, err := config.ParseAddress(text)
		if err != nil || a.Local() != want {
			t.Errorf("ParseAddress(%s).Local() = %t, %v, want %t", text, a.Local(), err, want)
		}
	}
}

func TestParseWebhookURL(t *testing.T) {
	for text, ok := range map[string]bool{
		"https://hooks.shop.com/klarna":      true,
		"https://hooks.shop.com:8443/klarna": true,
		"https://203.0.113.7/klarna":         true,
		"http://hooks.shop.com/klarna":       false,
		"https://hooks.shop.com:8581/klarna": false,
		"https://localhost/klarna":           false,
		"https://till/klarna":                false,
		"https://till.local/klarna":          false,
		"https://127.0.0.1/klarna":           false,
		"https://10.1.2.3/klarna":            false,
		"https://100.64.0.1/klarna":          false,
		"https://[fe80::1]/klarna":           false,
		"https://[::ffff:10.0.0.1]/klarna":   false,
		"https://a:b@hooks.shop.com/klarna":  false,
		"https://hooks.shop.com/klarna?x=1":  false,
		"https://hooks.shop.com/klarna#x":    false,
		"hooks.shop.com/klarna":              false,
		"":                                   false,
	} {
		u, err := config.ParseWebhookURL(text)
		if (err == nil) != ok || ok && u.String() != text {
			t.Errorf("ParseWebhookURL(%q) = %v, %v, want accepted = %t", text, u, err, ok)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{
		"tcp://127.0.0.1:8585", "unix:///run/a.sock", "serial:///dev/ttyUSB0?baud=9600&bits=8&parity=none&stop=1",
		"serial:///COM3", "http://[::1]:1/v1/lanes/a", "/dev/ttyS0", "tcp://[fe80::1%25eth0]:1", "unix:///%2e%2e/%ff", "/dev/\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := config.ParseAddress(text)
		if err != nil {
			if !a.IsZero() || strings.ContainsAny(err.Error(), "\r\n") {
				t.Fatalf("ParseAddress(%q) = %+v, %q: want a zero address and one line", text, a, err)
			}
			return
		}
		again, err := config.ParseAddress(a.String())
		if err != nil || again != a {
			t.Fatalf("ParseAddress(%q) = %+v, but its String %q gives %+v, %v", text, a, a.String(), again, err)
		}
	})
}
