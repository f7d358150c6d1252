// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
)

// What the demo's shop is called and sells in.
const (
	Lane     = "lane-1"
	currency = "EUR"
	shopName = "Demo shop"
)

// folder is where one demo keeps its files.
type folder struct {
	path string
	keep bool // it is the user's own
}

// openFolder takes the folder at path, and makes it if it is missing. Without a path it makes one that
// close removes.
func openFolder(path string) (folder, error) {
	if path == "" {
		made, err := os.MkdirTemp("", "tillbridge-demo-")
		if err != nil {
			return folder{}, fmt.Errorf("make a folder for the demo: %w", err)
		}
		return folder{path: made}, nil
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return folder{}, fmt.Errorf("data folder %s: %w", path, err)
	}
	if err = os.MkdirAll(whole, 0o700); err != nil {
		return folder{}, fmt.Errorf("data folder: %w", err)
	}
	return folder{path: whole, keep: true}, nil
}

func (f folder) close() error {
	if f.keep {
		return nil
	}
	return os.RemoveAll(f.path)
}

func (f folder) config() string { return filepath.Join(f.path, "demo.yaml") }
func (f folder) state() string  { return filepath.Join(f.path, "state") }
func (f folder) key() string    { return filepath.Join(f.path, "klarna.key") }
func (f folder) line() string   { return filepath.Join(f.path, "till-line") }
func (f folder) hooks() string  { return filepath.Join(f.path, "klarna.signing-keys") }

// keys is where the daemon keeps the tokens of its displays.
func (f folder) keys() string { return filepath.Join(f.state(), "keys") }

// ports are the loopback listeners behind the demo. Daemon and simulator reach each other only through
// klarna and events, which are the demo's own and lead to sandbox and hooks.
type ports struct {
	daemon, till, sandbox, hooks, klarna, events string

	line string // the till's serial line, which then is its lane's listener; empty means that there is none
}

// freePorts finds ports that nobody uses now. Somebody else may take one before its owner does; the
// owner then says so and the demo does not start.
func freePorts() (ports, error) {
	var found [6]string
	for i := range found {
		l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
		if err != nil {
			return ports{}, fmt.Errorf("look for a free port: %w", err)
		}
		defer func() { _ = l.Close() }() // at the end, so that they differ
		found[i] = l.Addr().String()
	}
	return ports{
		daemon: found[0], till: found[1], sandbox: found[2], hooks: found[3], klarna: found[4], events: found[5],
	}, nil
}

// listener is where the lane's till connects.
func (p ports) listener() string {
	if p.line == "" {
		return "tcp://" + p.till
	}
	return "serial://" + (&url.URL{Path: filepath.ToSlash(p.line)}).EscapedPath() + "?baud=115200"
}

// prepare writes the daemon's configuration and, the first time, an API key that only the simulator
// takes.
func (f folder) prepare(origin string, p ports) error {
	if err := f.prepareKey(); err != nil {
		return fmt.Errorf("write the demo's key: %w", err)
	}
	if err := os.WriteFile(f.config(), []byte(f.text(origin, p)), 0o600); err != nil {
		return fmt.Errorf("write the demo's configuration: %w", err)
	}
	return nil
}

func (f folder) prepareKey() error {
	out, err := os.OpenFile(f.key(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = out.WriteString("klarna_test_api_demo" + rand.Text() + "\n")
	return errors.Join(err, out.Close())
}

// text is the configuration file. Go's quoted strings are YAML's, too (YAML 1.2.2 §5.7).
func (f folder) text(origin string, p ports) string {
	return "# Written by tillbridge demo, anew at every start.\n" +
		"version: 1\n" +
		"data_dir: " + strconv.Quote(f.state()) + "\n" +
		"http: {listen: " + strconv.Quote(p.daemon) + ", allowed_origins: [" + strconv.Quote(origin) + "]}\n" +
		"klarna:\n" +
		"  environment: test\n" +
		"  base_url: " + strconv.Quote("http://"+p.klarna) + "\n" +
		"  api_key_file: " + strconv.Quote(f.key()) + "\n" +
		"  webhook: {listen: " + strconv.Quote(p.hooks) + ", signing_keys_file: " + strconv.Quote(f.hooks()) + "}\n" +
		"store: {reference: S0042}\n" +
		"lanes:\n" +
		"  - id: " + Lane + "\n" +
		"    terminal_reference: T01\n" +
		"    currency: " + currency + "\n" +
		"    till: {protocol: native, listen: " + strconv.Quote(p.listener()) + "}\n" +
		"    display: {languages: [en, de], name: " + strconv.Quote(shopName) + "}\n"
}
