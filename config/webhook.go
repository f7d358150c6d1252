// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// ParseWebhookURL checks the address that Klarna is to call. Klarna delivers over https to public
// hosts, on ports 443 and 8443 (Klarna, Webhooks).
func ParseWebhookURL(text string) (*url.URL, error) {
	u, ok := plainURL(text)
	r := refusal{expected: "https://, a public host and a path, without user name, query and fragment"}
	switch {
	case !ok || u.Scheme != "https":
	case !slices.Contains([]string{"", "443", "8443"}, u.Port()):
		r.expected = "port 443 or 8443"
	case !public(u.Hostname()):
		r.expected = "a host that Klarna can reach from the internet"
	default:
		return u, nil
	}
	return nil, fmt.Errorf("webhook url %q: %s", shown(text), r)
}

// public reports whether a host may be reachable from the internet.
func public(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		return ip.IsGlobalUnicast() && !ip.IsPrivate() && !sharedSpace(ip)
	}
	host = strings.ToLower(host)
	// RFC 6761 §6, RFC 6762 §3, RFC 8375, and what ICANN set aside for private use in 2024.
	for _, suffix := range []string{".localhost", ".local", ".internal", ".test", ".invalid", ".example", ".lan", ".home.arpa"} {
		if strings.HasSuffix("."+host, suffix) {
			return false
		}
	}
	return strings.Contains(host, ".")
}

// sharedSpace is what providers use behind their own address translation (RFC 6598).
func sharedSpace(ip netip.Addr) bool {
	return netip.MustParsePrefix("100.64.0.0/10").Contains(ip)
}
