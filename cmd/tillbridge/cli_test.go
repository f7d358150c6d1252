// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tillbridge/klarna/sandbox"
	"tillbridge/terminal/terminaltest"
)

// giveUp is how long a script waits for what must come. Only a broken program uses it up.
const giveUp = 2 * time.Minute

// TestScripts plays what people type, with the program as a process of its own. The scripts may use
// commands of ours:
//
//	code N COMMAND…      the command ends with exit code N
//	interrupt N TEXT WORDS…  Ctrl-C once tillbridge WORDS has printed TEXT; it ends with exit code N
//	ready                a daemon in the background is ready
//	get URL, post URL BODY, put URL BODY     the answer is stdout
//	await URL PATTERN    ask until the answer matches
//	approve URL          the customers of every code agree, on their phones
//	shows PATTERN COMMAND…     run until its output matches
//	occupy ADDRESS       listen there until the script ends
//	skewed ADDRESS AGE   a Klarna that knows every key, and whose clock is AGE behind
//	damage FILE OLD NEW  replace every OLD in a file
//	expand FILE          put the script's variables into a file
//	unread SHOWN FILE    SHOWN does not hold the last word of FILE, a secret
func TestScripts(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the scripts use signals and file modes")
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", Setup: func(env *testscript.Env) error { return prepare(t, env) }, Cmds: commands(), RequireExplicitExec: true, RequireUniqueNames: true,
	})
}

// TestSerialScripts needs two pseudo-terminals for each script: the daemon's end of a cable, and the
// till's.
func TestSerialScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/serial", Cmds: commands(), RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			bridge, till := cable(t)
			env.Setenv("SERIAL_BRIDGE", bridge)
			env.Setenv("SERIAL_TILL", till)
			return prepare(t, env)
		},
	})
}

// cable connects two serial devices.
func cable(t *testing.T) (one, other string) {
	t.Helper()
	a, one := terminaltest.OpenPTY(t)
	b, other := terminaltest.OpenPTY(t)
	for _, device := range []string{one, other} { // a device that nobody has open ends the cable
		f, err := os.OpenFile(device, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() }) // only held
	}
	go func() { _, _ = io.Copy(a, b) }() // until the test closes them
	go func() { _, _ = io.Copy(b, a) }()
	return one, other
}

// prepare gives a script the program, free addresses, and a socket on which the daemon says that it is
// ready.
func prepare(t *testing.T, env *testscript.Env) error {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	bin := filepath.Join(env.WorkDir, ".bin")
	if err = os.Mkdir(bin, 0o700); err != nil {
		return err
	}
	if err = os.Symlink(self, filepath.Join(bin, "tillbridge")); err != nil {
		return err
	}
	env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
	env.Setenv(asProgram, "1")
	env.Setenv("TZ", "UTC")
	for _, name := range []string{"HTTP", "SANDBOX", "TILL", "TILL2", "HOOK", "OTHER"} {
		env.Setenv(name, terminaltest.FreePort(t))
	}
	// The script's own folder may be too long for a socket.
	dir, err := os.MkdirTemp("", "tb") //nolint:usetesting // a short name
	if err != nil {
		return err
	}
	env.Defer(func() { _ = os.RemoveAll(dir) })
	env.Setenv("SOCKETS", dir)
	notify := filepath.Join(dir, "n")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: notify, Net: "unixgram"})
	if err != nil {
		return err
	}
	env.Defer(func() { _ = conn.Close() })
	env.Setenv("NOTIFY_SOCKET", notify)
	env.Values["notify"] = conn
	return nil
}

func commands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	plain := func(most int, do func(ts *testscript.TestScript, args []string) error) func(*testscript.TestScript, bool, []string) {
		return func(ts *testscript.TestScript, neg bool, args []string) {
			if neg || len(args) < most {
				ts.Fatalf("expected at least %d words, and no !", most)
			}
			ts.Check(do(ts, args))
		}
	}
	return map[string]func(*testscript.TestScript, bool, []string){
		"code": plain(2, endsWith), "interrupt": plain(3, interrupt), "ready": plain(0, ready),
		"get": plain(1, get), "post": plain(2, post), "put": plain(2, put), "await": plain(2, await), "approve": plain(1, approve), "shows": plain(2, shows), "occupy": plain(1, occupy),
		"skewed": plain(2, skewed), "damage": plain(3, damage), "expand": plain(1, expand), "unread": plain(2, unread),
	}
}

func endsWith(ts *testscript.TestScript, args []string) error {
	return wantCode(args[0], ts.Exec(args[1], args[2:]...))
}

func wantCode(want string, err error) error {
	code := 0
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		code, err = ended.ExitCode(), nil
	}
	if err == nil && strconv.Itoa(code) != want {
		err = fmt.Errorf("exit code %d, want %s", code, want)
	}
	return err
}

// interrupt sends SIGINT once a line of the command's output holds a text.
func interrupt(ts *testscript.TestScript, args []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := exec.Command(self, args[2:]...) //nolint:noctx // it ends by itself, and is killed below
	c.Dir, c.Env = ts.MkAbs("."), append(os.Environ(), asProgram+"=1")
	c.Stderr = ts.Stderr()
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	late := time.AfterFunc(giveUp, func() { _ = c.Process.Kill() })
	defer late.Stop()
	into := ts.Stdout()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		say(into, lines.Text())
		if strings.Contains(lines.Text(), args[1]) {
			if err := c.Process.Signal(os.Interrupt); err != nil {
				return err
			}
		}
	}
	return wantCode(args[0], c.Wait())
}

// ready waits for the word of the daemon itself (sd_notify(3)).
func ready(ts *testscript.TestScript, _ []string) error {
	conn, ok := ts.Value("notify").(*net.UnixConn)
	if !ok {
		return errors.New("no socket")
	}
	if err := conn.SetReadDeadline(time.Now().Add(giveUp)); err != nil {
		return err
	}
	b := make([]byte, 4096)
	for {
		n, err := conn.Read(b)
		if err != nil {
			return err
		}
		if bytes.Contains(b[:n], []byte("READY=1")) {
			return nil
		}
	}
}

func ask(method, url, body string) (string, error) {
	ctx, stop := context.WithTimeout(context.Background(), giveUp)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(response.Body)
	err = errors.Join(err, response.Body.Close())
	if err == nil && response.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s: %s", method, url, response.Status, text)
	}
	return string(text), err
}

// say writes into a buffer, which does not fail.
func say(into io.Writer, line string) { _, _ = io.WriteString(into, line+"\n") }

func get(ts *testscript.TestScript, args []string) error {
	text, err := ask(http.MethodGet, args[0], "")
	say(ts.Stdout(), text)
	return err
}

func post(ts *testscript.TestScript, args []string) error {
	text, err := ask(http.MethodPost, args[0], args[1])
	say(ts.Stdout(), text)
	return err
}

func put(ts *testscript.TestScript, args []string) error {
	text, err := ask(http.MethodPut, args[0], args[1])
	say(ts.Stdout(), text)
	return err
}

func await(ts *testscript.TestScript, args []string) error {
	text, err := keepAsking(args[1], func() (string, error) { return ask(http.MethodGet, args[0], "") })
	say(ts.Stdout(), text)
	return err
}

func approve(_ *testscript.TestScript, args []string) error {
	text, err := ask(http.MethodGet, args[0]+"/sandbox/ledger", "")
	if err != nil {
		return err
	}
	var ledger sandbox.Ledger
	if err = json.Unmarshal([]byte(text), &ledger); err != nil || len(ledger.PaymentRequests) == 0 {
		return fmt.Errorf("no code: %s: %w", text, err)
	}
	for _, r := range ledger.PaymentRequests {
		for _, step := range []sandbox.Step{sandbox.StepOpen, sandbox.StepApprove} {
			if _, err := ask(http.MethodPost, args[0]+"/phone/"+r.ID+"/"+string(step), ""); err != nil {
				return err
			}
		}
	}
	return nil
}

func shows(ts *testscript.TestScript, args []string) error {
	_, err := keepAsking(args[0], func() (string, error) {
		err := ts.Exec(args[1], args[2:]...)
		return ts.ReadFile("stdout"), err
	})
	return err
}

// keepAsking asks again and again until the answer matches.
func keepAsking(pattern string, ask func() (string, error)) (string, error) {
	want, err := regexp.Compile("(?m)" + pattern)
	if err != nil {
		return "", err
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	text := ""
	for end := time.Now().Add(giveUp); time.Now().Before(end); <-tick.C {
		if text, err = ask(); err == nil && want.MatchString(text) {
			return text, nil
		}
	}
	return text, fmt.Errorf("never matched %s: %s", pattern, text)
}

func occupy(ts *testscript.TestScript, args []string) error {
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", args[0])
	if err != nil {
		return err
	}
	ts.Defer(func() { _ = ln.Close() })
	return nil
}

func skewed(ts *testscript.TestScript, args []string) error {
	age, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", args[0])
	if err != nil {
		return err
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-age).UTC().Format(http.TimeFormat))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"error_code":"RESOURCE_NOT_FOUND"}`)
	}))
	ts.Check(s.Listener.Close())
	s.Listener = ln
	s.Start()
	ts.Defer(s.Close)
	return nil
}

func damage(ts *testscript.TestScript, args []string) error {
	file := ts.MkAbs(args[0])
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if !bytes.Contains(text, []byte(args[1])) {
		return fmt.Errorf("%s: no %q", args[0], args[1])
	}
	text = bytes.ReplaceAll(text, []byte(args[1]), []byte(args[2]))
	return os.WriteFile(file, text, 0o600)
}

func expand(ts *testscript.TestScript, args []string) error {
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	return os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600)
}

func unread(ts *testscript.TestScript, args []string) error {
	shown, words := ts.ReadFile(args[0]), strings.Fields(ts.ReadFile(args[1]))
	if len(words) == 0 {
		return fmt.Errorf("%s: no secret", args[1])
	}
	if strings.Contains(shown, words[len(words)-1]) {
		return fmt.Errorf("%s shows the secret of %s", args[0], args[1])
	}
	return nil
}
