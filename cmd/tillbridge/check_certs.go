// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"crypto/x509"
	"time"
)

// renewAhead is how long before its end a certificate should be renewed.
const renewAhead = 30 * 24 * time.Hour

// certificates looks at those that the configuration names.
func (e *examiner) certificates(now time.Time) {
	h, k := e.cfg.HTTP, e.cfg.Klarna
	if h.TLSCertFile != "" {
		e.certificate("http cert", h.TLSCertFile, h.TLSKeyFile, now)
	}
	if k.ClientCertFile != "" {
		e.certificate("client cert", k.ClientCertFile, k.ClientKeyFile, now)
	}
}

// certificate looks whether a certificate fits its key, and how long it is good for.
func (e *examiner) certificate(what, certFile, keyFile string, now time.Time) {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		e.fail(what, "%s: %v", certFile, err)
		return
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		e.fail(what, "%s: %v", certFile, err)
		return
	}
	end := leaf.NotAfter.Local().Format(time.DateOnly)
	switch left := leaf.NotAfter.Sub(now); {
	case now.Before(leaf.NotBefore):
		e.fail(what, "%s: not valid before %s; or the clock is wrong", certFile, leaf.NotBefore.Local().Format(time.DateOnly))
	case left <= 0:
		e.fail(what, "%s: expired on %s; renew it", certFile, end)
	case left < renewAhead:
		e.warn(what, "%s: expires on %s, in %d days; renew it", certFile, end, int(left.Hours()/24))
	default:
		e.ok(what, "%s: valid until %s", certFile, end)
	}
}
