// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tillbridge/config"
	"tillbridge/klarna"
)

// verdict is the one line that look prints, with single spaces.
func verdict(t *testing.T, cfg config.Config, look func(*examiner)) string {
	t.Helper()
	var out strings.Builder
	e := &examiner{cfg: cfg, out: &out}
	look(e)
	line := strings.Join(strings.Fields(out.String()), " ")
	if strings.Count(out.String(), "\n") != 1 {
		t.Errorf("printed %q, want one line", out.String())
	}
	if bad := strings.HasPrefix(line, "FAIL"); bad != e.failed {
		t.Errorf("%q: failed is %t", line, e.failed)
	}
	return line
}

func TestClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 14, 33, 41, 600e6, time.UTC)
	tests := map[string]struct {
		klarnas time.Time
		want    string
	}{
		"the same":                          {now.Truncate(time.Second), "ok clock as Klarna's, within 30s"},
		"half a minute ahead":               {now.Add(-30 * time.Second), "ok clock as Klarna's, within 30s"},
		"half a minute behind":              {now.Add(30 * time.Second), "ok clock as Klarna's, within 30s"},
		"more than that ahead":              {now.Add(-31 * time.Second), "FAIL clock 31s ahead of Klarna's: far off; set it (timedatectl set-ntp true)"},
		"row 48: the battery of 1970":       {now.Add(1000 * time.Hour), "FAIL clock 1000h0m0s behind Klarna's: far off; set it (timedatectl set-ntp true)"},
		"an answer that says nothing of it": {time.Time{}, "warn clock not known: Klarna's answer had no date"},
	}
	for name, tt := range tests {
		if got := verdict(t, config.Config{}, func(e *examiner) { e.clock(now, tt.klarnas) }); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestKeyVerdicts(t *testing.T) {
	t.Parallel()
	cfg := config.Config{Klarna: config.Klarna{APIKeyFile: "key", Environment: config.Live}}
	tests := map[string]struct {
		status int
		code   string
		want   string
	}{
		"a key that is not known":  {http.StatusUnauthorized, "", "FAIL klarna key key: wrong key: Klarna does not know it for live"},
		"a key without the right":  {http.StatusForbidden, "OPERATION_FORBIDDEN", "FAIL klarna key key: probe: klarna answered 403"},
		"the shield before Klarna": {http.StatusForbidden, "", "warn klarna key key: not known"},
		"too many questions":       {http.StatusTooManyRequests, "", "warn klarna key key: not known"},
		"trouble at Klarna":        {http.StatusServiceUnavailable, "", "warn klarna key key: not known, Klarna has trouble"},
	}
	for name, tt := range tests {
		answer := klarna.Answer{Status: tt.status}
		err := &klarna.Error{Answer: answer, Problem: klarna.Problem{Code: tt.code}, Doing: "probe"}
		if got := verdict(t, cfg, func(e *examiner) { e.key(answer, err) }); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	if got, want := verdict(t, cfg, func(e *examiner) { e.key(klarna.Answer{}, nil) }), "ok klarna key key: accepted for live"; got != want {
		t.Errorf("a known key: %q, want %q", got, want)
	}
	for _, a := range []klarna.Answer{{MTLSStatus: "INVALID"}, {IPStatus: "DENIED"}} {
		if got := verdict(t, cfg, func(e *examiner) { e.proofs(a) }); !strings.HasPrefix(got, "FAIL") {
			t.Errorf("answer %+v: %q, want a failure", a, got)
		}
	}
}

func TestOrdersVerdicts(t *testing.T) {
	t.Parallel()
	cfg := config.Config{Klarna: config.Klarna{OrderManagement: config.OrdersEurope}}
	tests := map[string]struct {
		status int
		want   string
	}{
		"a key that counts there": {0, "ok klarna orders region eu: order management takes the key"},
		"a key that does not":     {http.StatusUnauthorized, "FAIL klarna orders region eu: probe: klarna answered 401; correct klarna.order_management"},
		"no such interface":       {http.StatusNotFound, "FAIL klarna orders region eu: probe: klarna answered 404"},
		"too many questions":      {http.StatusTooManyRequests, "warn klarna orders region eu: not known"},
		"trouble at Klarna":       {http.StatusBadGateway, "warn klarna orders region eu: not known"},
	}
	for name, tt := range tests {
		answer := klarna.Answer{Status: tt.status}
		err := error(&klarna.Error{Answer: answer, Doing: "probe"})
		if tt.status == 0 {
			answer.Status, err = http.StatusNotFound, nil
		}
		if got := verdict(t, cfg, func(e *examiner) { e.orders(answer, err) }); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	unreached := func(e *examiner) { e.orders(klarna.Answer{}, errors.New("refused")) }
	if got, want := verdict(t, cfg, unreached), "FAIL klarna orders region eu: not reached: refused"; got != want {
		t.Errorf("nobody there: %q, want %q", got, want)
	}
}

func TestUnreached(t *testing.T) {
	t.Parallel()
	base := &url.URL{Scheme: "https", Host: "api-global.test.klarna.com"}
	proxy := &url.URL{Scheme: "http", Host: "proxy.shop:3128"}
	tests := map[string]struct {
		err   error
		proxy *url.URL
		want  string
	}{
		"an unknown host":             {&net.DNSError{Name: "klarna.invalid", IsNotFound: true}, nil, "FAIL klarna host klarna.invalid: unknown host"},
		"no name server":              {&net.DNSError{Name: "klarna.invalid", IsTimeout: true, Err: "timeout"}, nil, "FAIL klarna host klarna.invalid: its address was not found"},
		"row 48: another certificate": {klarna.ErrCertificate, nil, "FAIL klarna host api-global.test.klarna.com: certificate or clock; is the clock of this machine right?"},
		"row 49: a private address":   {klarna.ErrPrivateAddress, nil, "FAIL klarna host api-global.test.klarna.com: leads into a private network"},
		"a proxy that is away":        {errors.New("refused"), proxy, "FAIL klarna host api-global.test.klarna.com: not reached through the proxy proxy.shop:3128: refused"},
		"nobody there":                {errors.New("refused"), nil, "FAIL klarna host api-global.test.klarna.com: not reached: refused"},
	}
	for name, tt := range tests {
		cfg := config.Config{Klarna: config.Klarna{BaseURL: base, Proxy: tt.proxy}}
		err := fmt.Errorf("probe: %w", tt.err)
		got := verdict(t, cfg, func(e *examiner) { e.unreached(err) })
		if got = strings.ReplaceAll(got, "probe: ", ""); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestCertificateAges(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	tests := map[string]struct {
		from, to time.Time
		want     string
	}{
		"good for a year":       {now.Add(-day), now.Add(365 * day), "ok http cert"},
		"good for a month":      {now.Add(-day), now.Add(30 * day), "ok http cert"},
		"good for less":         {now.Add(-day), now.Add(29*day + time.Hour), "warn http cert"},
		"good until now":        {now.Add(-day), now, "FAIL http cert"},
		"not good yet":          {now.Add(day), now.Add(365 * day), "FAIL http cert"},
		"row 48: long worn out": {now.Add(-60 * day), now.Add(-30 * day), "FAIL http cert"},
	}
	for name, tt := range tests {
		cert, key := makeCertificate(t, t.TempDir(), tt.from, tt.to)
		if got := verdict(t, config.Config{}, func(e *examiner) { e.certificate("http cert", cert, key, now) }); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	cert, _ := makeCertificate(t, t.TempDir(), now.Add(-day), now.Add(365*day))
	_, other := makeCertificate(t, t.TempDir(), now.Add(-day), now.Add(365*day))
	if got := verdict(t, config.Config{}, func(e *examiner) { e.certificate("client cert", cert, other, now) }); !strings.Contains(got, "FAIL client cert") {
		t.Errorf("a key of another certificate: %q, want a failure", got)
	}
}

func makeCertificate(t *testing.T, dir string, from, to time.Time) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: to}
	raw, err := x509.CreateCertificate(rand.Reader, form, form, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})))
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	return cert, key
}
