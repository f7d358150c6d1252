// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tillbridge/config"
	"tillbridge/internal/secret"
	"tillbridge/terminal"
	"tillbridge/terminal/native"
)

// till is the shop's end of a lane, over a line or over HTTP.
type till interface {
	Pay(ctx context.Context, p native.Pay, cancel <-chan struct{}) (terminal.Ended, error)
	Status(ctx context.Context, q native.Status) (native.Event, error)
	Refund(ctx context.Context, q native.Refund) (native.Refunded, error)
	Totals(ctx context.Context, q native.Totals) (native.Sums, error)
}

var (
	_ till = terminal.LineTill{}
	_ till = terminal.WebTill{}
)

// tillOptions say where a lane is and how to get in.
type tillOptions struct {
	to        string
	tokenFile string
	caFile    string
}

func (o *tillOptions) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.to, "to", "", "the lane: tcp://host:port, unix:///path, serial:///device or http://host:port/v1/lanes/ID")
	c.Flags().StringVar(&o.tokenFile, "token-file", "", "file with the lane's token, readable by its owner alone")
	c.Flags().StringVar(&o.caFile, "ca-file", "", "certificates (PEM) to trust instead of the system's")
}

// address reads --to. Its errors are wrong usage.
func (o *tillOptions) address() (config.Address, error) {
	a, err := config.ParseAddress(o.to)
	if err != nil {
		return config.Address{}, fmt.Errorf("--to: %w", err)
	}
	web := a.Scheme == config.SchemeHTTP || a.Scheme == config.SchemeHTTPS
	if lane, ok := strings.CutPrefix(a.Path, "/v1/lanes/"); web && (!ok || strings.Trim(lane, "/") == "") {
		return config.Address{}, fmt.Errorf("--to: address %q: expected a lane's URL, such as http://127.0.0.1:8580/v1/lanes/lane-1", o.to)
	}
	if a.Scheme == config.SchemeHTTP && !a.Local() && o.tokenFile != "" {
		return config.Address{}, errors.New("--to: the token would travel unencrypted: expected https://")
	}
	return a, nil
}

// open makes the till. It reads files and connects to nothing.
func (o *tillOptions) open(a config.Address, hear func(native.Event)) (till, error) {
	var token secret.Text
	var err error
	if o.tokenFile != "" {
		if token, err = config.ReadSecret(o.tokenFile); err != nil {
			return nil, err
		}
	}
	trust, err := o.trust()
	if err != nil {
		return nil, err
	}
	switch a.Scheme {
	case config.SchemeHTTP, config.SchemeHTTPS:
		return terminal.WebTill{
			Lane:   &url.URL{Scheme: string(a.Scheme), Host: a.Host, Path: a.Path},
			Client: webClient(trust), Token: token, Hear: hear,
		}, nil
	case config.SchemeTCP, config.SchemeUnix, config.SchemeSerial:
	}
	target := lineTarget(a, trust)
	dial := func(ctx context.Context) (io.ReadWriteCloser, error) { return terminal.Dial(ctx, target) }
	return terminal.LineTill{Dial: dial, Name: "tillbridge pay", Token: token, Hear: hear}, nil
}

// trust is nil for the system's certificates.
func (o *tillOptions) trust() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.caFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(o.caFile)
	if err != nil {
		return nil, fmt.Errorf("certificates to trust: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("certificates to trust: %s: no certificate in PEM form", o.caFile)
	}
	return c, nil
}

// lineTarget: a lane that other machines can reach speaks TLS.
func lineTarget(a config.Address, trust *tls.Config) terminal.Target {
	t := terminal.Target{Scheme: string(a.Scheme), Address: a.Path}
	if a.Scheme == config.SchemeTCP {
		t.Address = a.Host
		if !a.Local() {
			t.TLS = trust
		}
	}
	if a.Scheme == config.SchemeSerial {
		t.Mode = serialMode(a)
	}
	return t
}

func serialMode(a config.Address) terminal.SerialMode {
	return terminal.SerialMode{Baud: a.Baud, Bits: a.Bits, Parity: string(a.Parity), Stop: a.Stop}
}

// webClient asks no proxy and follows nobody: a token goes to the address it was given for.
func webClient(trust *tls.Config) *http.Client {
	return &http.Client{
		Transport:     &http.Transport{TLSClientConfig: trust, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
