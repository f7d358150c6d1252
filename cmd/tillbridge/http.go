// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"tillbridge/config"
	"tillbridge/payment"
	"tillbridge/terminal"
)

// Limits of every HTTP listener: a slow or greedy client costs one connection, nothing more.
const (
	headerWait = 5 * time.Second
	idleWait   = 2 * time.Minute
	maxHeader  = 64 << 10
	closing    = 2 * time.Second
)

// web is the daemon's own listener: displays, and the HTTP form of every lane.
func (d *daemon) web(cfg config.Config, ln net.Listener, certificate *tls.Config) carrier {
	lanes := terminal.NewHTTP(terminal.WebOptions{
		Bridge: flightBridge{d.engine, d.flights}, Lanes: d.webLanes(cfg), Origins: originsOf(cfg, d.options),
		Pages: cfg.HTTP.AllowedOrigins, Health: d.health, Log: d.log,
	})
	screens := d.hub.Handler()
	// Not a ServeMux: it would redirect what the two must refuse.
	both := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/display/") {
			screens.ServeHTTP(w, r)
			return
		}
		lanes.ServeHTTP(w, r)
	})
	gated := hostGate(func() []string { return hostsOf(d.config.now(), d.options) }, both)
	if certificate != nil {
		ln = tls.NewListener(ln, certificate)
	}
	return carrier{"http", func(ctx context.Context) error { return serveHTTP(ctx, ln, gated, d.log) }}
}

func (d *daemon) webLanes(cfg config.Config) []terminal.WebLane {
	lanes := make([]terminal.WebLane, 0, len(cfg.Lanes))
	for _, l := range cfg.Lanes {
		lanes = append(lanes, terminal.WebLane{
			ID: payment.LaneID(l.ID), Token: l.Till.Token, AckOnWrite: l.Till.Ack == config.AckOnWrite, Native: d.native(l),
		})
	}
	return lanes
}

func (d *daemon) health() error {
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	_, err := d.engine.Lanes(ctx)
	return errors.Join(err, d.journal.Damage())
}

// hooks is the listener for Klarna's events. It has no Host check: the signature is the proof.
func (d *daemon) hooks(cfg config.Config, ln net.Listener) carrier {
	hook := newHook(cfg, d.journal, d.engine, d.log)
	return carrier{"webhook", func(ctx context.Context) error { return serveHTTP(ctx, ln, hook, d.log) }}
}

// hostGate turns away requests for a name that is not ours: that is what stops a page in some browser
// from reaching us through a name of its own (DNS rebinding).
func hostGate(hosts func() []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(hosts(), r.Host) {
			w.WriteHeader(http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostsOf are the names under which this daemon may be asked.
func hostsOf(cfg config.Config, o serveOptions) []string {
	host, port, err := net.SplitHostPort(cfg.HTTP.Listen)
	if err != nil {
		return nil
	}
	hosts := []string{cfg.HTTP.Listen}
	if ip := net.ParseIP(host); host == "localhost" || (ip != nil && (ip.IsLoopback() || ip.IsUnspecified())) {
		for _, name := range []string{"127.0.0.1", "localhost", "::1"} {
			hosts = append(hosts, net.JoinHostPort(name, port))
		}
	}
	for _, h := range cfg.HTTP.Hosts {
		if _, _, err := net.SplitHostPort(h); err != nil {
			hosts = append(hosts, net.JoinHostPort(h, port))
		}
		hosts = append(hosts, h)
	}
	if u, err := url.Parse(o.demoOrigin); err == nil && u.Host != "" {
		hosts = append(hosts, u.Host)
	}
	return hosts
}

// originsOf are the pages that may use displays and lanes: our own, and those that the operator named.
func originsOf(cfg config.Config, o serveOptions) []string {
	scheme := "http://"
	if cfg.HTTP.TLS() {
		scheme = "https://"
	}
	var origins []string
	for _, h := range hostsOf(cfg, serveOptions{}) {
		origins = append(origins, scheme+h)
	}
	origins = append(origins, cfg.HTTP.AllowedOrigins...)
	if o.demoOrigin != "" {
		origins = append(origins, o.demoOrigin)
	}
	return origins
}

// serverTLS loads the certificate that displays, tills and the HTTP lanes see, or nil without one.
func serverTLS(cfg config.Config) (*tls.Config, error) {
	if !cfg.HTTP.TLS() {
		return nil, nil //nolint:nilnil // no certificate is configured, and plain is right on loopback
	}
	pair, err := tls.LoadX509KeyPair(cfg.HTTP.TLSCertFile, cfg.HTTP.TLSKeyFile)
	if err != nil {
		return nil, fmt.Errorf("http.tls_cert_file: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// serveHTTP serves until ctx ends, then lets short requests finish. Long polls and streams end with ctx.
func serveHTTP(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger) error {
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: headerWait, IdleTimeout: idleWait, MaxHeaderBytes: maxHeader,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ln) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer stop()
	err := s.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.Close()
	}
	return errors.Join(err, ignoreClosed(<-ended))
}
