// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
)

// checkListeners refuses what would open the bridge to other machines by accident, and two
// listeners in one place.
func (l *loader) checkListeners(c *Config) {
	const needsTLS = "a loopback address, or http.tls_cert_file, or http.allow_plain_lan: true"
	open := func(key, listen string) bool { return listen != "" && !loopback(listen) && !l.failed(key) }
	if open("http.listen", c.HTTP.Listen) && !c.HTTP.TLS() && !c.HTTP.AllowPlainLAN && !l.failed("http.tls_cert_file") {
		l.refuse("http.listen", c.HTTP.Listen, refusal{what: "other machines can reach it", expected: needsTLS})
	}
	const needsWord = "a loopback address, or http.allow_plain_lan: true"
	for _, plain := range c.plainListeners() {
		if open(plain.key, plain.host) && !c.HTTP.AllowPlainLAN {
			l.refuse(plain.key, plain.host, refusal{what: "other machines can reach it", expected: needsWord})
		}
	}
	l.checkClaims(c)
}

// plainListeners is those of HTTP that never speak TLS: the simulator, and the webhook, which
// stands behind a proxy with Klarna's required https.
func (c *Config) plainListeners() []claim {
	var plain []claim
	if c.Klarna.Environment == Sandbox {
		plain = append(plain, claim{key: "klarna.sandbox_listen", host: c.Klarna.SandboxListen})
	}
	if c.Klarna.Webhook.SigningKeysFile != "" {
		plain = append(plain, claim{key: "klarna.webhook.listen", host: c.Klarna.Webhook.Listen})
	}
	return plain
}

// claim is a device, a socket or a port that a listener wants for itself.
type claim struct {
	key  string // who wants it
	text string // as it stands in the file
	path string // device or socket, links resolved
	host string // or host:port
}

func (l *loader) checkClaims(c *Config) {
	all := append([]claim{{key: "http.listen", host: c.HTTP.Listen}}, c.plainListeners()...)
	for i, lane := range c.Lanes {
		a := lane.Till.Listen
		want := claim{key: fmt.Sprintf("lanes[%d].till.listen", i), text: a.String(), host: a.Host}
		if a.Path != "" {
			want.path = resolved(a.Path)
		}
		all = append(all, want)
	}
	for i, later := range all {
		for _, earlier := range all[:i] {
			if !later.clashes(earlier) || l.failed(earlier.key, later.key) {
				continue
			}
			text := later.text
			if text == "" {
				text = later.host
			}
			l.refuse(later.key, text, refusal{
				what: "taken by " + earlier.key + l.onLine(earlier.key), expected: "a device, socket or port of its own",
			})
		}
	}
}

// onLine points at a key that stands in the file.
func (l *loader) onLine(key string) string {
	if at, ok := l.origins[key]; ok && at.line > 0 {
		return fmt.Sprintf(" on line %d", at.line)
	}
	return ""
}

func (c claim) clashes(other claim) bool {
	if c.path != "" || c.host == "" || other.host == "" {
		return c.path != "" && c.path == other.path
	}
	name, port, _ := net.SplitHostPort(c.host)
	otherName, otherPort, _ := net.SplitHostPort(other.host)
	port, otherPort = strings.TrimLeft(port, "0"), strings.TrimLeft(otherPort, "0")
	if port == "" || port != otherPort { // port 0 is a free one each time
		return false
	}
	return everywhere(name) || everywhere(otherName) || sameHost(name, otherName)
}

func everywhere(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "" || err == nil && ip.Unmap().IsUnspecified()
}

func sameHost(a, b string) bool {
	canonical := func(host string) string {
		if ip, err := netip.ParseAddr(host); err == nil {
			return ip.Unmap().String()
		}
		if strings.EqualFold(host, "localhost") {
			return "127.0.0.1"
		}
		return strings.ToLower(host)
	}
	return canonical(a) == canonical(b)
}

// resolved is the device behind a link such as /dev/serial/by-id/…, if it is there.
func resolved(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return path
}
