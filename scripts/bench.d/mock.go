// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// mock answers as Klarna would, over TLS, and counts. It knows nothing: each authorize opens a request that
// waits for a scan, each delete is obeyed.
type mock struct {
	base   string
	root   string // file of its certificate
	server *http.Server

	delay  atomic.Int64 // of an authorize, ns
	serial atomic.Int64
	calls  atomic.Int64 // those that carry a key: not what only keeps a connection warm
	opened atomic.Int64 // connections
}

func (b *bench) newMock(ctx context.Context) (*mock, error) {
	pair, root, err := selfSigned()
	if err != nil {
		return nil, fmt.Errorf("certificate of the mock: %w", err)
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &mock{base: "https://" + ln.Addr().String(), root: filepath.Join(b.work, "mock.pem")}
	if err = os.WriteFile(m.root, root, 0o600); err != nil {
		return nil, err
	}
	m.server = &http.Server{
		Handler: m, ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13},
		ConnState: func(_ net.Conn, s http.ConnState) {
			if s == http.StateNew {
				m.opened.Add(1)
			}
		},
	}
	m.server.Protocols = &http.Protocols{}
	m.server.Protocols.SetHTTP1(true)
	go func() { _ = m.server.ServeTLS(ln, "", "") }() // ends with close
	return m, nil
}

func (m *mock) close() { _ = m.server.Close() }

// selfSigned is a certificate for this machine, as most of the web has them: ECDSA on P-256.
func selfSigned() (pair tls.Certificate, root []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair, nil, err
	}
	made := x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, &made, &made, &key.PublicKey, key)
	if err != nil {
		return pair, nil, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}

// uuid is the n-th of many that look like Klarna's.
func uuid(n int64) string {
	a, b := uint64(n)*0x9E3779B97F4A7C15, uint64(n)*0xC2B2AE3D27D4EB4F
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
}

// target is what the n-th code says: 77 characters, as long as Klarna's.
func target(n int64) string { return "https://pay.klarna.com/eu/requests/" + uuid(n) + "/start" }

func (m *mock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // whoever is cut off sees it by itself
	if r.Header.Get("Authorization") == "" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	m.calls.Add(1)
	w.Header().Set("Content-Type", "application/json")
	_, id, _ := strings.Cut(r.URL.Path, "/payment/requests/")
	switch r.Method {
	case http.MethodPost:
		if d := m.delay.Load(); d > 0 {
			<-time.After(time.Duration(d))
		}
		n := m.serial.Add(1)
		expires := time.Now().Add(30 * time.Minute).UTC().Format(time.RFC3339)
		_, _ = fmt.Fprintf(w, `{"payment_transaction_response":{"result":"STEP_UP_REQUIRED"},"payment_request":{"payment_request_id":"krn:payment:eu1:request:%s",`+
			`"amount":1610,"currency":"EUR","state":"SUBMITTED","state_context":{"customer_interaction":{"method":"QR_CODE","qr_code":{"target_url":"%s"}}},`+
			`"expires_at":"%s"}}`, uuid(n), target(n), expires)
	case http.MethodDelete:
		_, _ = fmt.Fprintf(w, `{"payment_request_id":"%s","state":"CANCELED"}`, id) //nolint:gosec // no browser comes here
	default:
		_, _ = fmt.Fprintf(w, `{"payment_request_id":"%s","amount":1610,"currency":"EUR","state":"SUBMITTED"}`, id) //nolint:gosec // no browser comes here
	}
}
