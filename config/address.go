// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Scheme is the carrier of an address.
type Scheme string

// HTTP and HTTPS are for a till's own side alone; no lane listens there.
const (
	SchemeTCP    Scheme = "tcp"
	SchemeUnix   Scheme = "unix"
	SchemeSerial Scheme = "serial"
	SchemeHTTP   Scheme = "http"
	SchemeHTTPS  Scheme = "https"
)

// Parity of a serial line.
type Parity string

// The parities that serial lines know.
const (
	ParityNone  Parity = "none"
	ParityOdd   Parity = "odd"
	ParityEven  Parity = "even"
	ParityMark  Parity = "mark"
	ParitySpace Parity = "space"
)

// Address is where a till and the bridge meet, in one of the forms
//
//	tcp://127.0.0.1:8585
//	unix:///run/tillbridge/lane-1.sock
//	serial:///dev/ttyUSB0?baud=9600&bits=8&parity=none&stop=1
//	serial:///COM3
//	http://127.0.0.1:8580/v1/lanes/lane-1
//
// What a serial address leaves out is 9600 baud, 8 bits, no parity, 1 stop bit. The zero Address is
// none at all.
type Address struct {
	Scheme Scheme
	Host   string // tcp, http, https: host:port; http and https may leave the port out
	Path   string // unix: socket; serial: device (Windows: COM3); http, https: path
	Baud   int    // serial, as all below
	Bits   int    // 7 or 8
	Parity Parity
	Stop   int // stop bits, 1 or 2
}

const (
	maxAddress = 1024 // bytes
	// maxSocketPath is the shortest limit among systems in bytes: macOS has 104, with the final NUL.
	maxSocketPath = 103

	addressForms  = "tcp://host:port, unix:///path or serial:///device"
	serialOptions = "baud, bits, parity and stop, each at most once"
)

// ParseAddress reads an address of any scheme. The error says what was expected.
func ParseAddress(text string) (Address, error) {
	a, r := parseAddress(text)
	if r != nil {
		return Address{}, fmt.Errorf("address %q: %s", shown(text), r)
	}
	return a, nil
}

func parseAddress(text string) (Address, *refusal) {
	scheme, rest, ok := strings.Cut(text, "://")
	odd := func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }
	if len(text) > maxAddress || !utf8.ValidString(text) || strings.ContainsFunc(text, odd) {
		return Address{}, &refusal{expected: addressForms}
	}
	if !ok {
		return Address{}, &refusal{expected: addressForms, suggestion: suggestAddress(text)}
	}
	u, err := url.Parse(text)
	if err != nil || u.User != nil || strings.Contains(text, "#") {
		return Address{}, &refusal{expected: addressForms}
	}
	switch Scheme(scheme) {
	case SchemeTCP:
		return tcpAddress(u)
	case SchemeUnix:
		return unixAddress(u, rest)
	case SchemeSerial:
		return serialAddress(u, rest)
	case SchemeHTTP, SchemeHTTPS:
		return httpAddress(u)
	}
	r := refusal{expected: addressForms}
	if near := nearest(scheme, []string{"tcp", "unix", "serial", "http", "https"}); near != "" {
		r.suggestion = near + "://" + rest
	}
	return Address{}, &r
}

func tcpAddress(u *url.URL) (Address, *refusal) {
	if !validHostPort(u.Host) || u.Path != "" || u.RawQuery != "" || u.ForceQuery {
		return Address{}, &refusal{expected: "tcp://host:port, such as tcp://127.0.0.1:8585"}
	}
	return Address{Scheme: SchemeTCP, Host: u.Host}, nil
}

func unixAddress(u *url.URL, rest string) (Address, *refusal) {
	r := refusal{expected: "unix:// and an absolute path, such as unix:///run/tillbridge/lane-1.sock"}
	switch {
	case u.Host != "":
		r.suggestion = "unix:///" + rest
	case !validPath(u.Path), u.RawQuery != "", u.ForceQuery:
	case len(u.Path) > maxSocketPath:
		r.expected = "a socket path of at most " + strconv.Itoa(maxSocketPath) + " bytes"
	default:
		return Address{Scheme: SchemeUnix, Path: path.Clean(u.Path)}, nil
	}
	return Address{}, &r
}

func httpAddress(u *url.URL) (Address, *refusal) {
	if u.Hostname() == "" || !validAuthority(u.Host) || u.RawQuery != "" || u.ForceQuery || u.RawPath != "" {
		return Address{}, &refusal{expected: "a lane's URL, such as http://127.0.0.1:8580/v1/lanes/lane-1"}
	}
	return Address{Scheme: Scheme(u.Scheme), Host: u.Host, Path: u.Path}, nil
}

func serialAddress(u *url.URL, rest string) (Address, *refusal) {
	if u.Host != "" || !validPath(u.Path) {
		r := refusal{expected: "serial:// and a device, such as serial:///dev/ttyUSB0 or serial:///COM3"}
		if u.Host != "" {
			r.suggestion = "serial:///" + rest
		}
		return Address{}, &r
	}
	a := Address{Scheme: SchemeSerial, Path: path.Clean(u.Path), Baud: 9600, Bits: 8, Parity: ParityNone, Stop: 1}
	if name := strings.TrimPrefix(a.Path, "/"); windowsPort(name) {
		a.Path = strings.ToUpper(name)
	}
	options, err := url.ParseQuery(u.RawQuery)
	if err != nil || u.ForceQuery {
		return Address{}, &refusal{expected: serialOptions}
	}
	for _, key := range slices.Sorted(maps.Keys(options)) {
		if r := a.option(key, options[key]); r != nil {
			return Address{}, r
		}
	}
	return a, nil
}

// option sets one serial parameter.
func (a *Address) option(key string, texts []string) *refusal {
	var v value
	names := []string{"baud", "bits", "parity", "stop"}
	switch key {
	case "baud":
		v = oneOf(&a.Baud, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
	case "bits":
		v = oneOf(&a.Bits, 7, 8)
	case "parity":
		v = choice(&a.Parity, ParityNone, ParityOdd, ParityEven, ParityMark, ParitySpace)
	case "stop":
		v = oneOf(&a.Stop, 1, 2)
	default:
		return &refusal{expected: serialOptions, suggestion: nearest(key, names)}
	}
	if len(texts) != 1 {
		return &refusal{expected: serialOptions}
	}
	r := v.set(texts[0])
	if r != nil {
		r.what = fmt.Sprintf("%s %q", key, shown(texts[0]))
	}
	return r
}

// String is the form that ParseAddress reads; "" for the zero Address.
func (a Address) String() string {
	switch a.Scheme {
	case SchemeTCP:
		return "tcp://" + a.Host
	case SchemeUnix:
		return "unix://" + (&url.URL{Path: a.Path}).EscapedPath()
	case SchemeHTTP, SchemeHTTPS:
		return (&url.URL{Scheme: string(a.Scheme), Host: a.Host, Path: a.Path}).String()
	case SchemeSerial:
		device := (&url.URL{Path: "/" + strings.TrimPrefix(a.Path, "/")}).EscapedPath()
		return "serial://" + device + "?baud=" + strconv.Itoa(a.Baud) + "&bits=" + strconv.Itoa(a.Bits) +
			"&parity=" + string(a.Parity) + "&stop=" + strconv.Itoa(a.Stop)
	}
	return ""
}

// IsZero reports whether there is no address.
func (a Address) IsZero() bool { return a == Address{} }

// Local reports whether nobody outside this machine can come in: a socket, a serial line, a
// loopback address.
func (a Address) Local() bool {
	switch a.Scheme {
	case SchemeTCP, SchemeHTTP, SchemeHTTPS:
		return loopback(a.Host)
	case SchemeUnix, SchemeSerial:
	}
	return true
}

// loopback reports whether host, with or without a port, is this machine alone. A name other than
// localhost can be made to point anywhere and so is not.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

func validPath(p string) bool {
	return strings.HasPrefix(p, "/") && path.Clean(p) != "/" && !strings.ContainsFunc(p, unicode.IsControl) && utf8.ValidString(p)
}

func windowsPort(name string) bool {
	return regexp.MustCompile(`^(?i:com)[1-9][0-9]{0,2}$`).MatchString(name)
}

// suggestAddress completes a bare device, socket or host:port.
func suggestAddress(text string) string {
	switch {
	case strings.HasPrefix(text, "/") && strings.HasSuffix(text, ".sock"):
		return "unix://" + text
	case strings.HasPrefix(text, "/dev/"):
		return "serial://" + text
	case windowsPort(text):
		return "serial:///" + text
	case validHostPort(text):
		return "tcp://" + text
	}
	return ""
}
