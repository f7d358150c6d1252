// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"tillbridge/klarna"
)

func TestRow37OnlyKlarnasAddressesBecomeCodes(t *testing.T) {
	const sandbox = "http://127.0.0.1:8590"
	tests := map[string]struct {
		raw  string
		good bool
	}{
		"klarna, test":              {"https://pay.test.klarna.com/eu/requests/6bbf/start", true},
		"klarna, live, query":       {"https://pay.klarna.com/x?a=b#c", true},
		"klarna in capitals":        {"HTTPS://PAY.KLARNA.COM/x", true},
		"the configured origin":     {sandbox + "/phone/krn:payment:eu1:request:1", true},
		"longest":                   {"https://pay.klarna.com/" + strings.Repeat("x", 2048-len("https://pay.klarna.com/")), true},
		"too long":                  {"https://pay.klarna.com/" + strings.Repeat("x", 2049-len("https://pay.klarna.com/")), false},
		"empty":                     {"", false},
		"another host":              {"https://evil.example/", false},
		"a suffix without the dot":  {"https://evilklarna.com/", false},
		"the bare domain":           {"https://klarna.com/", false},
		"an empty label":            {"https://.klarna.com/", false},
		"klarna as a sub-domain":    {"https://pay.klarna.com.evil.example/", false},
		"trailing dot":              {"https://pay.klarna.com./", false},
		"user part":                 {"https://pay.klarna.com@evil.example/", false},
		"user part before klarna":   {"https://evil.example@pay.klarna.com/", false},
		"empty user part":           {"https://@pay.klarna.com/", false},
		"port":                      {"https://pay.klarna.com:8443/", false},
		"port 443":                  {"https://pay.klarna.com:443/", false},
		"empty port":                {"https://pay.klarna.com:/", false},
		"plain http":                {"http://pay.klarna.com/", false},
		"javascript":                {"javascript:alert(1)//.klarna.com", false},
		"data":                      {"data:text/html,x.klarna.com", false},
		"opaque":                    {"https:pay.klarna.com", false},
		"relative":                  {"//pay.klarna.com/x", false},
		"IPv4":                      {"https://127.0.0.1/", false},
		"IPv4 as a number":          {"https://2130706433/", false},
		"IPv6":                      {"https://[::1]/", false},
		"line break":                {"https://pay.klarna.com/\nx", false},
		"space":                     {"https://pay.klarna.com/a b", false},
		"homograph":                 {"https://pay.kl\u0430rna.com/", false},
		"homograph, punycode":       {"https://xn--py-6kc.klarna.com/", false},
		"escaped host":              {"https://evil.example%2f.klarna.com/", false},
		"escaped null in host":      {"https://evil%00.klarna.com/", false},
		"backslash":                 {`https://evil.example\.klarna.com/`, false},
		"backslash before at":       {`https://evil.example\@pay.klarna.com/`, false},
		"underscore":                {"https://a_b.klarna.com/", false},
		"hyphen at the end":         {"https://a-.klarna.com/", false},
		"origin with another port":  {"http://127.0.0.1:8591/", false},
		"origin with a longer port": {"http://127.0.0.1:85900/", false},
		"origin over https":         {"https://127.0.0.1:8590/", false},
		"origin with a user":        {"http://a@127.0.0.1:8590/", false},
		"origin by another name":    {"http://localhost:8590/", false},
		"10 KiB":                    {"https://pay.klarna.com/" + strings.Repeat("x", 10<<10), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := klarna.CheckTarget(tt.raw, sandbox)
			if (err == nil) != tt.good || err != nil && !errors.Is(err, klarna.ErrTarget) {
				t.Errorf("CheckTarget(%.80q) = %v, want good %v", tt.raw, err, tt.good)
			}
		})
	}
	if err := klarna.CheckTarget(sandbox + "/phone/1"); err == nil {
		t.Error("a sandbox's address was taken though none is allowed")
	}
}

func FuzzCheckTarget(f *testing.F) {
	for _, s := range []string{"https://pay.klarna.com/x", "https://a@pay.klarna.com:443/", "http://127.0.0.1:8590/", `https://x\y.klarna.com`, "https://[::1].klarna.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if klarna.CheckTarget(raw) != nil {
			return
		}
		u, err := url.Parse(raw)
		if err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" || !strings.HasSuffix(strings.ToLower(u.Host), ".klarna.com") || len(raw) > 2048 {
			t.Errorf("CheckTarget(%q) = nil", raw)
		}
		// A reader that takes the authority as the text up to the first separator must see the same host.
		rest := raw[len("https://"):]
		if i := strings.IndexAny(rest, `/?#\`); i >= 0 {
			rest = rest[:i]
		}
		if !strings.EqualFold(rest, u.Host) {
			t.Errorf("CheckTarget(%q) = nil, and two readers see %q and %q", raw, rest, u.Host)
		}
	})
}
