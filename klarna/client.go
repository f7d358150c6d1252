// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"tillbridge/internal/secret"
)

// Klarna's hosts. There is one of each for the whole world.
const (
	TestURL = "https://api-global.test.klarna.com"
	LiveURL = "https://api-global.klarna.com"
)

// AuthEncoding is the form of the API key behind the word Basic; Klarna's pages disagree about it.
type AuthEncoding string

// The forms of the API key.
const (
	AuthAsIs           AuthEncoding = "as_is" // also the zero value
	AuthBase64         AuthEncoding = "base64"
	AuthUserPassBase64 AuthEncoding = "user_pass_base64" // the key file holds "<user>:<key>"
)

// Options of a Client. The zero value is a client of the test environment.
type Options struct {
	Live         bool // the environment; keys and DNS answers are held against it
	AuthEncoding AuthEncoding

	ClientCertificate func() (*tls.Certificate, error) // asked at every handshake; nil: none
	RootCAs           *x509.CertPool                   // nil: the system's
	Proxy             *url.URL                         // nil: none. The environment is never asked
	IdleConns         int                              // connections kept warm; 0: 64. At least the number of lanes

	Integrator Integrator
	UserAgent  string
	Log        *slog.Logger // nil: no log
}

// Integrator says who calls (Klarna, Integrator tagging). Name is capital letters, digits and
// underscores, at most 50; empty sends no tag.
type Integrator struct {
	Name, ModuleName, ModuleVersion string
}

// Client calls Klarna. It holds no state of any payment.
type Client struct {
	base          *url.URL
	account       Account
	key           secret.Text
	authorization secret.Text
	integrator    Integrator
	userAgent     string
	transport     *http.Transport
	log           *slog.Logger
}

// New returns a client for base, e.g. LiveURL. It opens no connection.
func New(base string, account Account, key secret.Text, o Options) (*Client, error) {
	u, err := checkBase(base, o.Live)
	if err != nil {
		return nil, err
	}
	if _, err = account.path(pathAuthorize); err != nil {
		return nil, err
	}
	if err = checkKey(key, u.Hostname(), o.Live); err != nil {
		return nil, err
	}
	authorization, err := o.AuthEncoding.encode(key)
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Client{
		base: u, account: account, key: key, authorization: authorization, log: o.Log,
		integrator: o.Integrator, userAgent: clean(o.UserAgent, maxHeaderText), transport: newTransport(u, o),
	}, nil
}

// Close drops idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Warm opens a connection, or keeps one open, so that the next call needs one round trip instead of
// three. Any answer will do; the API key is not sent.
func (c *Client) Warm(ctx context.Context) error {
	_, _, err := c.attempt(ctx, call{doing: "warm connection", method: http.MethodHead, path: "/v2/", bare: true, quiet: true, timeout: readTimeout})
	return err
}

// Probe asks an authenticated question that changes nothing: for a request that cannot exist. Unused
// keys are disabled after two months (Klarna, Manage your API credentials). A nil error means that
// Klarna knows the key; the Answer carries its clock and what it thinks of our certificate and address.
func (c *Client) Probe(ctx context.Context) (Answer, error) {
	const nobody = "krn:payment:eu1:request:00000000-0000-0000-0000-000000000000"
	r, err := c.ReadRequest(ctx, nobody)
	return probed(r.Answer, err)
}

// ProbeOrders asks the same of the region's Order Management: for an order that cannot exist.
func (c *Client) ProbeOrders(ctx context.Context, region Region) (Answer, error) {
	const nobody = "00000000-0000-0000-0000-000000000000"
	r, err := c.ask(ctx, call{
		doing: "read order " + nobody, method: http.MethodGet, path: fmt.Sprintf(pathOrder, nobody), region: region, timeout: readTimeout,
	})
	return probed(r.Answer, err)
}

func probed(a Answer, err error) (Answer, error) {
	if err == nil {
		return a, nil
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return Answer{}, fmt.Errorf("probe: %w", err)
	}
	if errors.Is(err, ErrNotFound) {
		return e.Answer, nil
	}
	return e.Answer, fmt.Errorf("probe: %w", err)
}

// checkBase accepts a bare https origin, or plain http on this machine.
func checkBase(base string, live bool) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("klarna base url: want an origin such as " + TestURL)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopbackHost(u.Hostname())) {
		return nil, fmt.Errorf("klarna base url %s: want https, or http on a loopback address", u.Redacted())
	}
	if host := strings.ToLower(u.Hostname()); host == hostOf(TestURL) && live || host == hostOf(LiveURL) && !live {
		return nil, fmt.Errorf("klarna base url %s: belongs to the other environment", u.Redacted())
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

func hostOf(origin string) string { return strings.TrimPrefix(origin, "https://") }

func isLoopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// checkKey holds the documented prefixes of a key against the environment (Klarna, Manage your API
// credentials), so that a live key never reaches a test host, nor a test key a live one.
func checkKey(key secret.Text, host string, live bool) error {
	if !headerSafe(key.Reveal(), maxToken) {
		return errors.New("klarna api key: want one word of printable characters")
	}
	text := key.Reveal()
	text = text[strings.LastIndexByte(text, ':')+1:]
	if strings.HasPrefix(text, "klarna_live_") && !live {
		return fmt.Errorf("klarna api key: a live key in the test environment at %s", host)
	}
	if strings.HasPrefix(text, "klarna_test_") && live {
		return fmt.Errorf("klarna api key: a test key in the live environment at %s", host)
	}
	return nil
}

func (e AuthEncoding) encode(key secret.Text) (secret.Text, error) {
	text := key.Reveal()
	switch e {
	case "", AuthAsIs:
		return secret.New("Basic " + text), nil
	case AuthUserPassBase64:
		if !strings.Contains(text, ":") {
			return secret.Text{}, errors.New("klarna api key: user_pass_base64 wants <user>:<key>")
		}
		return secret.New("Basic " + base64.StdEncoding.EncodeToString([]byte(text))), nil
	case AuthBase64:
		return secret.New("Basic " + base64.StdEncoding.EncodeToString([]byte(text))), nil
	default:
		return secret.Text{}, fmt.Errorf("klarna auth encoding %.32q: want as_is, base64 or user_pass_base64", string(e))
	}
}

// Timeouts. Klarna, Request timeout: the server gives up after 59 s; a shorter limit of ours would
// turn answers into doubt.
const (
	writeTimeout   = 65 * time.Second
	readTimeout    = 15 * time.Second
	connectTimeout = 5 * time.Second
	tlsTimeout     = 10 * time.Second
)

// tag is one line of JSON; session names the sale, at most 100 characters.
func (i Integrator) tag(session string) string {
	type integrator struct {
		Name    string `json:"name"`
		Module  string `json:"module_name,omitempty"`
		Version string `json:"module_version,omitempty"`
		Session string `json:"session_reference"`
	}
	const maxSession = 100
	text, err := json.Marshal(map[string]integrator{"integrator": {
		clean(i.Name, maxHeaderText), clean(i.ModuleName, maxHeaderText), clean(i.ModuleVersion, maxHeaderText), clean(session, maxSession),
	}})
	if err != nil {
		return ""
	}
	return string(text)
}
