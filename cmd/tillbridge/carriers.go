// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"tillbridge/config"
	"tillbridge/klarna/sandbox"
	"tillbridge/payment"
	"tillbridge/qr"
	"tillbridge/terminal"
	"tillbridge/terminal/native"
)

// carrier is something that listens: opened before anything runs, so that a port in use is an error at
// the start and not a lane that is silently missing.
type carrier struct {
	name string
	run  func(context.Context) error
}

// maxLinks bounds the links of all lanes together.
const maxLinks = 512

// listen opens everything that the configuration names.
func (d *daemon) listen(ctx context.Context) (_ []carrier, err error) {
	cfg := d.config.now()
	var all []carrier
	var open []net.Listener
	defer func() {
		if err != nil {
			for _, ln := range open {
				err = errors.Join(err, ln.Close())
			}
		}
	}()
	tcp := func(address string) (net.Listener, error) {
		ln, failed := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if failed == nil {
			open = append(open, ln)
		}
		return ln, failed
	}
	certificate, err := serverTLS(cfg)
	if err != nil {
		return nil, err
	}
	slots := terminal.NewSlots(maxLinks)
	for _, l := range cfg.Lanes {
		if l.Till.Listen.IsZero() {
			continue
		}
		c, failed := d.lane(l, slots, certificate, tcp)
		if failed != nil {
			return nil, fmt.Errorf("lane %s: listen on %s: %w", l.ID, l.Till.Listen, failed)
		}
		all = append(all, c)
	}
	more, err := d.services(cfg, certificate, tcp)
	if err != nil {
		return nil, err
	}
	return append(all, more...), nil
}

// services are the listeners that belong to no lane.
func (d *daemon) services(cfg config.Config, certificate *tls.Config, tcp func(string) (net.Listener, error)) ([]carrier, error) {
	var all []carrier
	if cfg.Klarna.Environment == config.Sandbox {
		ln, err := tcp(cfg.Klarna.SandboxListen)
		if err != nil {
			return nil, fmt.Errorf("klarna.sandbox_listen: %w", err)
		}
		all = append(all, d.sandbox(cfg, ln))
	}
	web, err := tcp(cfg.HTTP.Listen)
	if err != nil {
		return nil, fmt.Errorf("http.listen: %w", err)
	}
	all = append(all, d.web(cfg, web, certificate))
	if cfg.Klarna.Webhook.SigningKeysFile != "" {
		ln, err := tcp(cfg.Klarna.Webhook.Listen)
		if err != nil {
			return nil, fmt.Errorf("klarna.webhook.listen: %w", err)
		}
		all = append(all, d.hooks(cfg, ln))
	}
	return append(all, d.control(cfg)), nil
}

// lane opens the till's side of one lane.
func (d *daemon) lane(l config.Lane, slots *terminal.Slots, certificate *tls.Config, tcp func(string) (net.Listener, error)) (carrier, error) {
	s := terminal.NewServer(payment.LaneID(l.ID), d.protocol(l), flightBridge{d.engine, d.flights}, terminal.Options{
		Token: l.Till.Token, AckOnWrite: l.Till.Ack == config.AckOnWrite, Slots: slots, Log: d.log,
		TLS: laneTLS(l, certificate), Open: l.Till.Protocol == config.ProtocolZVT,
	})
	a := l.Till.Listen
	c := carrier{name: "lane " + l.ID}
	switch a.Scheme {
	case config.SchemeTCP:
		ln, err := tcp(a.Host)
		if err != nil {
			return carrier{}, err
		}
		c.run = func(ctx context.Context) error { return s.RunTCP(ctx, ln) }
	case config.SchemeUnix:
		c.run = func(ctx context.Context) error { return s.RunUnix(ctx, a.Path) }
	case config.SchemeSerial:
		c.run = func(ctx context.Context) error { return s.RunSerial(ctx, serialOpener(a)) }
	case config.SchemeHTTP, config.SchemeHTTPS:
		return carrier{}, errors.New("a lane's listen is tcp, unix or serial; over HTTP every lane can be reached anyway")
	}
	return c, nil
}

// laneTLS: a till on this machine speaks plainly, any other over TLS. ZVT tills know no TLS.
func laneTLS(l config.Lane, certificate *tls.Config) *tls.Config {
	if l.Till.Listen.Local() || l.Till.Protocol == config.ProtocolZVT {
		return nil
	}
	return certificate
}

// native is what the native protocol says about a lane.
func (d *daemon) native(l config.Lane) terminal.Native {
	cfg := d.config.now()
	mode := "test"
	if cfg.Klarna.Environment == config.Live {
		mode = "live"
	}
	most, _ := largest(cfg) // checked when the settings were made
	return terminal.Native{
		Terminal: l.TerminalReference, Software: "tillbridge " + version, Mode: mode, Language: first(l.Display.Languages),
		Currencies: []payment.Currency{payment.Currency(l.Currency)}, MaxAmount: most, Draw: draw,
		Receipt:       func(r payment.Result) (customer, merchant []string) { return d.slipsOf(l.ID).of(r) },
		RefundReceipt: func(r payment.Refunded) (customer, merchant []string) { return d.slipsOf(l.ID).ofRefund(r) },
		Totals:        func(q native.Totals, since time.Time) (native.Sums, error) { return d.totals(l, q, since) },
	}
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// sandbox is the simulator inside the daemon: it lives and dies with it, and forgets everything.
func (d *daemon) sandbox(cfg config.Config, ln net.Listener) carrier {
	origin := d.options.demoOrigin
	if origin == "" {
		origin = cfg.Klarna.BaseURL.String()
	}
	s := sandbox.New(sandbox.Options{Settings: sandbox.Settings{Origin: origin}, Log: d.log})
	return carrier{"sandbox", func(ctx context.Context) error { return runSandbox(ctx, s, ln, d.log) }}
}

func dataFile(cfg config.Config, name string) string { return filepath.Join(cfg.DataDir, name) }

// draw makes a code in a form that a till asked for.
func draw(text, form string) (string, error) {
	code, err := qr.New(text)
	if err != nil {
		return "", err
	}
	return drawForm(code, form)
}
