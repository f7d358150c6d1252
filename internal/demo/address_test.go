// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo_test

import (
	"errors"
	"net/netip"
	"testing"

	"tillbridge/internal/demo"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		listen string
		lan    bool
		want   demo.Address
		err    error // what it must be; nil with an empty want means any
	}{
		"loopback":                              {"127.0.0.1:8580", false, demo.Address{Bind: "127.0.0.1:8580", Host: "127.0.0.1"}, nil},
		"loopback by name":                      {"localhost:0", false, demo.Address{Bind: "127.0.0.1:0", Host: "127.0.0.1"}, nil},
		"loopback in IPv6":                      {"[::1]:8580", false, demo.Address{Bind: "[::1]:8580", Host: "::1"}, nil},
		"every address without the word":        {"0.0.0.0:8580", false, demo.Address{}, demo.ErrNotLoopback},
		"every address by leaving it out":       {":8580", false, demo.Address{}, demo.ErrNotLoopback},
		"every IPv6 address":                    {"[::]:8580", false, demo.Address{}, demo.ErrNotLoopback},
		"a local network without the word":      {"192.168.1.5:8580", false, demo.Address{}, demo.ErrNotLoopback},
		"a loopback address dressed up as IPv6": {"[::ffff:192.168.1.5]:80", false, demo.Address{}, demo.ErrNotLoopback},
		"one address of the network":            {"192.168.1.5:8580", true, demo.Address{Bind: "192.168.1.5:8580", Host: "192.168.1.5"}, nil},
		"no port":                               {"127.0.0.1", false, demo.Address{}, nil},
		"a name that can point anywhere":        {"till.example:8580", false, demo.Address{}, nil},
		"a name that can point anywhere, lan":   {"till.example:8580", true, demo.Address{}, nil},
	} {
		got, err := demo.ParseAddress(test.listen, test.lan)
		if got != test.want || (err == nil) != (test.want != demo.Address{}) || test.err != nil && !errors.Is(err, test.err) {
			t.Errorf("%s: ParseAddress(%q, %t) = %+v, %v, want %+v, %v", name, test.listen, test.lan, got, err, test.want, test.err)
		}
	}
}

// TestParseAddressFindsTheNetwork holds for machines in a network and for those in none.
func TestParseAddressFindsTheNetwork(t *testing.T) {
	t.Parallel()
	for listen, all := range map[string]bool{"127.0.0.1:8580": false, "localhost:8580": false, "[::1]:8580": false, ":8580": true, "0.0.0.0:8580": true, "[::]:8580": true} {
		got, err := demo.ParseAddress(listen, true)
		if errors.Is(err, demo.ErrNoNetwork) {
			t.Skip("this machine is in no local network")
		}
		want := listen
		if !all {
			want = got.Host + ":8580"
		}
		if ip, bad := netip.ParseAddr(got.Host); err != nil || bad != nil || !ip.IsPrivate() || got.Bind != want {
			t.Errorf("ParseAddress(%q, true) = %+v, %v, want a private address, bound to %s", listen, got, err, want)
		}
	}
}
