// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
)

// Klarna's names: an API key says its environment in its prefix, and so do account ids and hosts
// (Klarna, Credentials; Klarna, API hosts).
const (
	liveKeyPrefix = "klarna_live_api_"
	testKeyPrefix = "klarna_test_api_"

	liveHost = "api-global.klarna.com"
	testHost = "api-global.test.klarna.com"
)

// check is what keys say about each other. A rule is silent where a key that it reads is already
// refused.
func (l *loader) check(c *Config) {
	l.checkStore(c.Store)
	l.checkDeadlines(c.Deadlines)
	l.checkEnvironment(&c.Klarna)
	l.checkKey(&c.Klarna)
	l.checkOrders(c.Klarna)
	l.checkPair("http.tls_cert_file", c.HTTP.TLSCertFile, "http.tls_key_file", c.HTTP.TLSKeyFile)
	l.checkPair("klarna.client_cert_file", c.Klarna.ClientCertFile, "klarna.client_key_file", c.Klarna.ClientKeyFile)
	l.checkListeners(c)
	l.checkLanes(c)
}

func (l *loader) checkStore(s Store) {
	if l.failed("store", "store.reference", "store.id") {
		return
	}
	const expected = "exactly one of store.reference and store.id"
	switch {
	case s.Reference == "" && s.ID == "":
		l.refuse("store", "", refusal{what: "missing", expected: expected})
	case s.Reference != "" && s.ID != "":
		l.refuse("store.id", s.ID, refusal{expected: expected})
	}
}

func (l *loader) checkDeadlines(d Deadlines) {
	if l.failed("deadlines.waiting", "deadlines.scanned") || d.Scanned >= d.Waiting {
		return
	}
	l.refuse("deadlines.scanned", formatDuration(d.Scanned), refusal{
		expected: "not less than deadlines.waiting, which is " + formatDuration(d.Waiting),
	})
}

// checkEnvironment settles the base URL and holds it, the environment and the account together.
func (l *loader) checkEnvironment(k *Klarna) {
	if l.failed("klarna.environment", "klarna.base_url", "klarna.sandbox_listen") {
		return
	}
	hosts := map[Environment]*url.URL{
		Sandbox: {Scheme: "http", Host: reachable(k.SandboxListen)},
		Test:    {Scheme: "https", Host: testHost},
		Live:    {Scheme: "https", Host: liveHost},
	}
	switch {
	case k.Environment == Sandbox && k.BaseURL != nil:
		l.refuse("klarna.base_url", k.BaseURL.String(), refusal{expected: "none: the sandbox is its own Klarna; or klarna.environment: test"})
	case k.BaseURL == nil:
		k.BaseURL = hosts[k.Environment]
	default:
		if site := siteOf(k.BaseURL.Hostname()); site != "" && site != k.Environment {
			l.refuse("klarna.base_url", k.BaseURL.String(), refusal{
				what: "a host of Klarna's " + string(site) + " environment", expected: "one for klarna.environment: " + string(k.Environment),
			})
		}
	}
	for site, other := range map[Environment]Environment{Test: Live, Live: Test} {
		if k.Environment == site && strings.Contains(k.AccountID, ":"+string(other)+":") {
			l.refuse("klarna.account_id", k.AccountID, refusal{expected: "an account of klarna.environment: " + string(site)})
		}
	}
}

// reachable is where this machine finds its own listener.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err == nil && everywhere(host) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return listen
}

// siteOf is whose host this is, or "" if not Klarna's.
func siteOf(host string) Environment {
	name := "." + strings.ToLower(strings.TrimSuffix(host, "."))
	switch {
	case strings.HasSuffix(name, ".test.klarna.com"), strings.HasSuffix(name, ".playground.klarna.com"):
		return Test
	case strings.HasSuffix(name, ".klarna.com"):
		return Live
	}
	return ""
}

// checkKey holds the API key against the environment. Its text stays unsaid.
func (l *loader) checkKey(k *Klarna) {
	const key = "klarna.api_key_file"
	if l.failed("klarna.environment", key) {
		return
	}
	text := k.APIKey.Reveal()
	site := keySite(text)
	switch {
	case k.Environment == Sandbox && !l.given("klarna.environment") && (!k.APIKey.Empty() || k.AccountID != ""):
		l.refuse("klarna.environment", "", refusal{what: "missing", expected: "sandbox, test or live, as there is a key or an account"})
	case k.Environment == Sandbox:
	case k.APIKey.Empty():
		l.refuse(key, "", refusal{what: "missing", expected: "a key file for klarna.environment: " + string(k.Environment)})
	case site != "" && site != k.Environment:
		l.refuse(key, k.APIKeyFile, refusal{
			what: "holds a " + string(site) + " key", expected: "a key for klarna.environment: " + string(k.Environment),
		})
	case strings.Contains(text, "_client_") && strings.HasPrefix(text, "klarna_"):
		l.refuse(key, k.APIKeyFile, refusal{what: "holds a client id for browsers", expected: "an API key"})
	case k.AuthEncoding == AuthUserPassBase64 && !strings.Contains(text, ":"):
		l.refuse(key, k.APIKeyFile, refusal{expected: "user:password in the file, for klarna.auth_encoding: user_pass_base64"})
	}
}

// checkOrders: what an acquiring partner authorizes is no order of the shop's own.
func (l *loader) checkOrders(k Klarna) {
	const key = "klarna.order_management"
	if l.failed(key, "klarna.account_id") || !k.ManagesOrders() || k.AccountID == "" {
		return
	}
	l.refuse(key, string(k.OrderManagement), refusal{
		what: "only for direct partners", expected: "off beside klarna.account_id, or no klarna.account_id",
	})
}

// keySite is the environment that a key names, as it is or in base64, or "".
func keySite(key string) Environment {
	plain, err := base64.StdEncoding.DecodeString(key)
	if err == nil {
		key += "\n" + string(plain)
	}
	switch {
	case strings.Contains(key, liveKeyPrefix):
		return Live
	case strings.Contains(key, testKeyPrefix):
		return Test
	}
	return ""
}

// checkPair wants a certificate and its private key, or neither.
func (l *loader) checkPair(certName, certFile, keyName, keyFile string) {
	if l.failed(certName, keyName) || certFile == "" && keyFile == "" {
		return
	}
	if certFile == "" || keyFile == "" {
		l.refuse(certName, "", refusal{what: "one of two", expected: fmt.Sprintf("%s and %s, or neither", certName, keyName)})
		return
	}
	cert, err := os.ReadFile(certFile) //nolint:gosec // G304: the operator names the file
	if err != nil {
		l.refuse(certName, certFile, refusal{what: "cannot be read", expected: "a certificate in PEM form"})
		return
	}
	key, r := readPrivate(keyFile)
	if r != nil {
		l.refuse(keyName, keyFile, *r)
		return
	}
	if _, err := tls.X509KeyPair(cert, key); err != nil {
		l.refuse(certName, certFile, refusal{what: "does not go with " + keyName, expected: "a certificate and its private key in PEM form"})
	}
}
