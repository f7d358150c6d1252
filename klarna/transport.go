// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// ErrPrivateAddress says that the name of Klarna's host led to an address inside a private network,
// where Klarna is not.
var ErrPrivateAddress = errors.New("address is not a public one")

// ErrCertificate says that the certificate of the other side does not hold: another name, expired, an
// unknown authority, or our own clock is wrong.
var ErrCertificate = errors.New("certificate or clock")

const (
	defaultIdleConns = 64
	idleTimeout      = 5 * time.Minute
	maxHeaderBytes   = 64 << 10
)

// newTransport is one transport for everything: it never asks the environment for a proxy, never
// unpacks, and with its own TLS and dial settings still speaks HTTP/2.
func newTransport(base *url.URL, o Options) *http.Transport {
	idle := o.IdleConns
	if idle <= 0 {
		idle = defaultIdleConns
	}
	t := &http.Transport{
		DialContext:            newDialer(reachOf(base, o)).DialContext,
		TLSClientConfig:        newTLS(o),
		TLSHandshakeTimeout:    tlsTimeout,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxIdleConns:           idle,
		MaxIdleConnsPerHost:    idle,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
	}
	if o.Proxy != nil {
		t.Proxy = http.ProxyURL(o.Proxy)
	}
	return t
}

func newTLS(o Options) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs}
	if certificate := o.ClientCertificate; certificate != nil {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return certificate() }
	}
	return c
}

// reach says which addresses a connection may go to.
type reach int

const (
	reachAny      reach = iota
	reachLoopback       // plain http
	reachPublic         // Klarna's own names, and everything live
)

func reachOf(base *url.URL, o Options) reach {
	host := strings.ToLower(base.Hostname())
	_, err := netip.ParseAddr(host)
	isName := err != nil
	switch {
	case o.Proxy != nil:
		return reachAny // the proxy is dialled, and resolves the name
	case base.Scheme == "http":
		return reachLoopback
	case isName && !isLoopbackHost(host) && (o.Live || strings.HasSuffix(host, ".klarna.com")):
		return reachPublic
	default:
		return reachAny
	}
}

func newDialer(r reach) *net.Dialer {
	return &net.Dialer{
		Timeout:         connectTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 4},
		// After the name is resolved and before anything is sent.
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error { return r.allow(address) },
	}
}

func (r reach) allow(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("dial %q: %w", address, ErrPrivateAddress)
	}
	switch addr := at.Addr().Unmap(); {
	case r == reachAny,
		r == reachLoopback && addr.IsLoopback(),
		r == reachPublic && isPublic(addr):
		return nil
	default:
		return fmt.Errorf("dial %s: %w", address, ErrPrivateAddress)
	}
}

// isPublic: neither private (RFC 1918, RFC 4193), shared (RFC 6598), link-local nor special.
func isPublic(a netip.Addr) bool {
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	if !a.Is4() {
		return true
	}
	b := a.As4()
	return b[0] != 0 && b[0] < 240 && (b[0] != 100 || b[1]&0xc0 != 64)
}
