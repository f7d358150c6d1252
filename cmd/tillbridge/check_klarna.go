// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"tillbridge/config"
	"tillbridge/klarna"
)

// maxSkew is how far the clock may be off.
const maxSkew = 30 * time.Second

// klarna asks Klarna an authenticated question that changes nothing.
func (e *examiner) klarna(ctx context.Context, log *slog.Logger) {
	k := e.cfg.Klarna
	if k.Environment == config.Sandbox {
		e.ok("klarna", "sandbox: the simulator is in the daemon; no network and no key is needed")
		return
	}
	client, _, err := newKlarna(e.cfg, log)
	if err != nil {
		e.fail("klarna host", "%v", err)
		return
	}
	defer client.Close()
	answer, err := client.Probe(ctx)
	now := time.Now()
	if answer.Status == 0 {
		e.unreached(err)
		return
	}
	e.ok("klarna host", "%s", k.BaseURL)
	e.key(answer, err)
	e.proofs(answer)
	if k.ManagesOrders() {
		e.orders(client.ProbeOrders(ctx, klarna.Region(k.OrderManagement)))
	}
	e.clock(now, answer.Date)
}

// unreached says how far the question came.
func (e *examiner) unreached(err error) {
	const what = "klarna host"
	host := e.cfg.Klarna.BaseURL.Host
	name, unknown := errors.AsType[*net.DNSError](err)
	switch {
	case unknown && name.IsNotFound:
		e.fail(what, "%s: unknown host; correct klarna.base_url, or the name server of this machine", name.Name)
	case unknown:
		e.fail(what, "%s: its address was not found: %v", name.Name, name)
	case errors.Is(err, klarna.ErrCertificate):
		e.fail(what, "%s: %v; is the clock of this machine right?", host, err)
	case errors.Is(err, klarna.ErrPrivateAddress):
		e.fail(what, "%s: leads into a private network, where Klarna is not: %v", host, err)
	case e.cfg.Klarna.Proxy != nil:
		e.fail(what, "%s: not reached through the proxy %s: %v", host, e.cfg.Klarna.Proxy.Host, err)
	default:
		e.fail(what, "%s: not reached: %v", host, err)
	}
}

// key says what Klarna thinks of the key.
func (e *examiner) key(a klarna.Answer, err error) {
	const what = "klarna key"
	k := e.cfg.Klarna
	switch {
	case err == nil:
		e.ok(what, "%s: accepted for %s", k.APIKeyFile, k.Environment)
	case errors.Is(err, klarna.ErrUnauthorized):
		e.fail(what, "%s: wrong key: Klarna does not know it for %s (status 401); "+
			"correct klarna.api_key_file, or klarna.auth_encoding", k.APIKeyFile, k.Environment)
	case errors.Is(err, klarna.ErrRateLimited):
		e.warn(what, "%s: not known: %v", k.APIKeyFile, err)
	case a.Status/100 == 4:
		e.fail(what, "%s: %v; correct klarna.account_id, or ask Klarna what the key may do", k.APIKeyFile, err)
	default:
		e.warn(what, "%s: not known, Klarna has trouble: %v", k.APIKeyFile, err)
	}
}

// orders says whether the same key counts at Order Management, before a sale depends on it.
func (e *examiner) orders(a klarna.Answer, err error) {
	const what = "klarna orders"
	region := e.cfg.Klarna.OrderManagement
	switch {
	case err == nil:
		e.ok(what, "region %s: order management takes the key", region)
	case a.Status == 0:
		e.fail(what, "region %s: not reached: %v", region, err)
	case errors.Is(err, klarna.ErrRateLimited), a.Status/100 == 5:
		e.warn(what, "region %s: not known: %v", region, err)
	default:
		e.fail(what, "region %s: %v; correct klarna.order_management, or ask Klarna where the shop's orders are", region, err)
	}
}

// proofs says what Klarna thinks of the client certificate and of our address.
func (e *examiner) proofs(a klarna.Answer) {
	if a.MTLSStatus == "INVALID" {
		e.fail("klarna mtls", "Klarna does not take the client certificate; correct klarna.client_cert_file")
	}
	if a.IPStatus == "DENIED" || a.IPStatus == "INVALID" {
		e.fail("klarna address", "Klarna does not allow the address of this shop (%s)", a.IPStatus)
	}
}

// clock compares this machine's clock with Klarna's, which comes in whole seconds.
func (e *examiner) clock(now, klarnas time.Time) {
	const what = "clock"
	if klarnas.IsZero() {
		e.warn(what, "not known: Klarna's answer had no date")
		return
	}
	switch skew := now.Sub(klarnas).Round(time.Second); {
	case skew > maxSkew:
		e.fail(what, "%s ahead of Klarna's: far off; set it (timedatectl set-ntp true)", skew)
	case skew < -maxSkew:
		e.fail(what, "%s behind Klarna's: far off; set it (timedatectl set-ntp true)", -skew)
	default:
		e.ok(what, "as Klarna's, within %s", maxSkew)
	}
}
