// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// childVariable makes the test binary be a process for a Supervisor: its value is the file in which the
// process notes its life.
const childVariable = "TILLBRIDGE_DEMO_CHILD"

// TestMain lets the test binary be such a process.
func TestMain(m *testing.M) {
	if notes := os.Getenv(childVariable); notes != "" {
		live(notes, os.Args[1], os.Args[2])
		return
	}
	m.Run()
}

// live answers at an address until it is asked to stop, or to die without a word: GET /die. Who is
// called broken does not get so far.
func live(notes, name, address string) {
	note := func(what string) {
		f, err := os.OpenFile(notes, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
		if err != nil {
			panic(err)
		}
		if _, err = fmt.Fprintln(f, what, name); err != nil {
			panic(err)
		}
		_ = f.Close()
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if name == "broken" {
		fmt.Println("the device is not there")
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /pid", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, os.Getpid()) })
	mux.HandleFunc("GET /die", func(http.ResponseWriter, *http.Request) {
		self, err := os.FindProcess(os.Getpid())
		if err != nil {
			panic(err)
		}
		_ = self.Kill()
	})
	server := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() {
		<-ctx.Done()
		note("stop")
		_ = server.Close()
	}()
	note("start")
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		panic(err)
	}
}
