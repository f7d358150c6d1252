// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// placeholders are the words that Klarna replaces in a return address (Klarna, Handle step-up scenario),
// those of the older generation among them.
func placeholders() *strings.Replacer {
	return strings.NewReplacer(
		"{klarna.payment_request.id}", "x",
		"{klarna.payment_request.state}", "x",
		"{klarna.payment_request.klarna_network_session_token}", "x",
		"{klarna.payment_request.payment_token}", "x",
		"{klarna.payment_request.payment_request_reference}", "x",
	)
}

// checkHandOver: the customer's browser goes back to ReturnURL, and where there is an app, to AppReturnURL.
func (i Interaction) checkHandOver() error {
	if err := checkReturn(i.ReturnURL, returnsToWeb); err != nil {
		return fmt.Errorf("%w: return_url: %w", errSale, err)
	}
	if i.AppReturnURL == "" {
		return nil
	}
	if err := checkReturn(i.AppReturnURL, returnsToApp); err != nil {
		return fmt.Errorf("%w: app_return_url: %w", errSale, err)
	}
	return nil
}

// checkReturn takes an absolute address of plain characters whose placeholders are known ones behind its
// host: an unknown one would reach the customer as it stands.
func checkReturn(raw string, fits func(*url.URL) error) error {
	if !headerSafe(raw, maxPath) || strings.ContainsAny(raw, "\\\"<>`|^") {
		return fmt.Errorf("want an address of at most %d plain characters", maxPath)
	}
	if brace := strings.IndexAny(raw, "{}"); brace >= 0 {
		if _, behind, _ := strings.Cut(raw[:brace], ":"); !strings.ContainsAny(strings.TrimPrefix(behind, "//"), "/?#") {
			return errors.New("want placeholders behind the host")
		}
	}
	plain := placeholders().Replace(raw)
	if strings.ContainsAny(plain, "{}") {
		return errors.New("want no placeholders but those that Klarna knows, such as {klarna.payment_request.id}")
	}
	u, err := url.Parse(plain)
	if err != nil || !u.IsAbs() || u.User != nil {
		return errors.New("want an absolute address without a user")
	}
	return fits(u)
}

func returnsToWeb(u *url.URL) error {
	if u.Scheme != "https" || u.Host == "" || u.Opaque != "" {
		return errors.New("want https:// and a host")
	}
	return nil
}

// returnsToApp takes the scheme of an app, and refuses those that make a browser run or read something.
func returnsToApp(u *url.URL) error {
	switch u.Scheme {
	case "http", "javascript", "data", "file", "blob", "about", "vbscript", "view-source", "ftp", "ws", "wss":
		return errors.New("want https or the scheme of an app")
	}
	return nil
}
