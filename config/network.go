// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// hostPort is what a listener binds to. Port 0 lets the system choose.
func hostPort(field *string) value {
	return parsed(field, "host:port, such as 127.0.0.1:8580", func(text string) (string, bool) {
		return text, validHostPort(text)
	})
}

// listen is the address of a lane.
func listen(field *Address) value {
	return value{fields: []any{field}, expected: addressForms, set: func(text string) *refusal {
		a, r := parseAddress(text)
		switch {
		case r != nil:
			return r
		case a.Scheme == SchemeHTTP || a.Scheme == SchemeHTTPS:
			return &refusal{what: "every lane is served under http.listen", expected: "no address here for HTTP alone, or " + addressForms}
		}
		*field = a
		return nil
	}}
}

// validHostPort takes an IP address or a name, or nothing for every address, and a port.
func validHostPort(text string) bool {
	name, port, err := net.SplitHostPort(text)
	return err == nil && validPort(port) && (name == "" || validHost(name))
}

// validAuthority takes a host with or without a port, an IPv6 address in brackets.
func validAuthority(text string) bool {
	if strings.HasSuffix(text, "]") {
		text += ":1"
	}
	name, port, err := net.SplitHostPort(text)
	if err != nil {
		return !strings.Contains(text, ":") && validHost(text)
	}
	return name != "" && validPort(port) && validHost(name)
}

func validPort(port string) bool {
	_, err := strconv.ParseUint(port, 10, 16)
	return err == nil && digitsOnly(port, 1, 5)
}

func validHost(name string) bool {
	if _, err := netip.ParseAddr(name); err == nil {
		return !strings.Contains(name, "%")
	}
	label := `[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?`
	return len(name) <= 253 && regexp.MustCompile(`^`+label+`(\.`+label+`)*$`).MatchString(name) &&
		!regexp.MustCompile(`^[0-9.]+$`).MatchString(name)
}

// hostName is one entry for the Host header, in lower case as browsers send it.
func hostName(text string) (string, bool) {
	return strings.ToLower(text), validAuthority(text)
}

// webOrigin is scheme://host[:port] as browsers send it (RFC 6454 §6.2): lower case, no default
// port. "null" and patterns are none.
func webOrigin(text string) (string, bool) {
	u, err := url.Parse(text)
	if err != nil || !strings.EqualFold(text, u.Scheme+"://"+u.Host) || !validAuthority(u.Host) {
		return "", false
	}
	name := strings.ToLower(u.Host)
	switch u.Scheme {
	case "https":
		return "https://" + strings.TrimSuffix(name, ":443"), true
	case "http":
		return "http://" + strings.TrimSuffix(name, ":80"), true
	}
	return "", false
}

// baseURL is Klarna's address: https, or http where no wire is crossed.
func baseURL(field **url.URL) value {
	return parsed(field, "https://host, or http:// on loopback only", func(text string) (*url.URL, bool) {
		u, ok := plainURL(text)
		ok = ok && (u.Scheme == "https" || u.Scheme == "http" && loopback(u.Host))
		return u, ok
	})
}

func proxyURL(field **url.URL) value {
	expected := "http://, https:// or socks5:// and host:port, without a user name and password"
	return parsed(field, expected, func(text string) (*url.URL, bool) {
		u, ok := plainURL(text)
		ok = ok && u.Path == "" && (u.Scheme == "http" || u.Scheme == "https" || u.Scheme == "socks5")
		return u, ok
	})
}

// plainURL takes scheme, host and path and nothing else; a final slash is dropped.
func plainURL(text string) (*url.URL, bool) {
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	if err != nil || len(text) > maxAddress || u.User != nil || strings.ContainsAny(text, "?#") {
		return nil, false
	}
	return u, u.Hostname() != "" && validAuthority(u.Host)
}
