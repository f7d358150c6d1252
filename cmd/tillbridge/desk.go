// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"tillbridge/config"
)

// maxDeskAnswer bounds what a daemon may say in one answer, in bytes.
const maxDeskAnswer = 16 << 20

// absentError means that no daemon answered.
type absentError struct{ err error }

func (a *absentError) Error() string { return a.err.Error() }

func (a *absentError) Unwrap() error { return a.err }

// absent reports whether err is about a daemon that does not answer.
func absent(err error) bool {
	_, is := errors.AsType[*absentError](err)
	return is
}

// desk is the staff's end of a running daemon's control socket.
type desk struct{ client *http.Client }

func newDesk(cfg config.Config) desk { return desk{controlClient(cfg.DataDir)} }

// ask makes one request. In is its body, or nil; out takes the answer, or is nil. The error is an absentError,
// or what the daemon says.
func (d desk) ask(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	// The host is a placeholder: the client goes to the socket whatever it is.
	r, err := http.NewRequestWithContext(ctx, method, "http://control"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := d.client.Do(r)
	if err != nil {
		return &absentError{cmp.Or(errors.Unwrap(err), err)} // without the placeholder
	}
	defer func() { _ = response.Body.Close() }() // it was read
	text, err := io.ReadAll(io.LimitReader(response.Body, maxDeskAnswer))
	if err != nil {
		return &absentError{fmt.Errorf("answer of the daemon: %w", err)}
	}
	if response.StatusCode/100 != 2 {
		return deskRefusal(response.Status, text)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("answer of the daemon: %w", err)
	}
	return nil
}

func deskRefusal(status string, text []byte) error {
	var said controlError
	if json.Unmarshal(text, &said) != nil || said.Error == "" {
		said.Error = "the daemon answered " + status
	}
	return errors.New(plain(said.Error))
}

// staffCommand is a command that works with a configuration.
func staffCommand(std streams, c *cobra.Command, flags []string, do func(context.Context, config.Config) error) *cobra.Command {
	var file string
	args := c.Args
	if args == nil {
		args = cobra.NoArgs
	}
	c.Args = needs(args, append([]string{"config"}, flags...)...)
	c.Flags().StringVar(&file, "config", "", "the configuration file")
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := config.Load(file, std.getenv)
		if err != nil {
			return fmt.Errorf("configuration:\n%w", err)
		}
		return do(c.Context(), cfg)
	}
	return c
}
