// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/netip"

	"tillbridge/config"
	"tillbridge/internal/secret"
	"tillbridge/klarna"
)

// sandboxKey is a key that the simulator takes. It is no secret: nobody else takes it.
const sandboxKey = "klarna_test_api_sandbox"

// newKlarna makes the client that a configuration asks for, and what prepares its calls.
func newKlarna(cfg config.Config, log *slog.Logger) (*klarna.Client, klarna.Account, error) {
	k := cfg.Klarna
	o := klarna.Options{
		Live:       k.Environment == config.Live,
		IdleConns:  max(64, len(cfg.Lanes)),
		Integrator: klarna.Integrator{Name: "TILLBRIDGE", ModuleName: "tillbridge", ModuleVersion: version},
		UserAgent:  "tillbridge/" + version,
		Log:        log,
	}
	account := klarna.Account{
		Dialect: klarna.Dialect(k.Dialect), Placement: klarna.Placement(k.LocationPlacement), ForceStepUp: k.ForceStepUp,
	}
	base, key := sandboxBase(k.SandboxListen), secret.New(sandboxKey)
	if k.Environment != config.Sandbox {
		base, key = k.BaseURL.String(), k.APIKey
		account.ID = k.AccountID
		o.AuthEncoding, o.Proxy = klarna.AuthEncoding(k.AuthEncoding), k.Proxy
		o.ClientCertificate = certificateOf(k)
	}
	client, err := klarna.New(base, account, key, o)
	if err != nil {
		return nil, klarna.Account{}, fmt.Errorf("klarna client: %w", err)
	}
	return client, account, nil
}

// sandboxBase is where the daemon reaches a simulator that listens on listen.
func sandboxBase(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "http://" + listen
	}
	if addr, err := netip.ParseAddr(host); host == "" || err == nil && addr.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// certificateOf reads the client certificate anew at each handshake, so that a renewed one counts at
// once. Nil means that there is none.
func certificateOf(k config.Klarna) func() (*tls.Certificate, error) {
	if k.ClientCertFile == "" {
		return nil
	}
	return func() (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(k.ClientCertFile, k.ClientKeyFile)
		if err != nil {
			return nil, fmt.Errorf("client certificate: %w", err)
		}
		return &pair, nil
	}
}
