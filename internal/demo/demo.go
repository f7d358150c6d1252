// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tillbridge/internal/secret"
)

const (
	headerWait = 10 * time.Second // for a request's head
	idleWait   = 2 * time.Minute
	maxHead    = 32 << 10 // bytes
	// lastWords is how long open requests may take once the demo ends.
	lastWords = time.Second
)

// Options are what a demo is made of.
type Options struct {
	Executable string // this program
	Address    Address
	Data       string // folder that is kept; empty means one that is removed at the end
	Tour       bool   // the page plays the main cases by itself
	// Token reads the token of Lane's display from the daemon's folder of keys.
	Token func(keys string) (secret.Text, error)
	// Ready is called once, when everything works.
	Ready  func(Started)
	Output io.Writer    // gets what the processes write; nil discards
	Log    *slog.Logger // nil discards
}

// Started is where a running demo can be found.
type Started struct {
	Origin string // the page is at Origin + "/"
	Bound  string // host:port that is open; the host may stand for all of this machine's
	Till   string // a native till connects here: tcp://host:port, or http://… beside the page's serial line
}

// Run shows the demo until ctx ends. It then closes the page, stops the daemon, stops the simulator, and
// returns when all are gone.
func Run(ctx context.Context, o Options) (err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Address.Bind)
	if err != nil {
		return fmt.Errorf("open the demo's address: %w", err)
	}
	defer func() { _ = listener.Close() }() // closed already unless something went wrong before
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return fmt.Errorf("the demo's address: %w", err)
	}
	origin := "http://" + net.JoinHostPort(o.Address.Host, port)
	f, err := openFolder(o.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	p, err := freePorts()
	if err != nil {
		return err
	}
	at := Started{Origin: origin, Bound: listener.Addr().String(), Till: "tcp://" + p.till}
	if hasLines() {
		p.line, at.Till = f.line(), origin+"/v1/lanes/"+Lane
	}
	if err = f.prepare(origin, p); err != nil {
		return err
	}
	return o.run(ctx, listener, at, f, p)
}

// run serves the page first and stops it first: a till that hears nothing asks again, and is not told
// half of something.
func (o Options) run(ctx context.Context, l net.Listener, at Started, f folder, p ports) error {
	living, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	trouble := newTrouble()
	g, serving := errgroup.WithContext(ctx)
	for from, to := range map[string]string{p.klarna: p.sandbox, p.events: p.hooks} {
		network, err := new(net.ListenConfig).Listen(ctx, "tcp", from)
		if err != nil {
			stop()
			return errors.Join(fmt.Errorf("open the demo's network: %w", err), g.Wait())
		}
		g.Go(func() error { return wire{trouble.Network, to}.run(living, network) })
	}
	site := o.site(at, f, p, trouble)
	if p.line != "" {
		till := &line{cable: trouble.Line, name: p.line}
		site.Till = till
		g.Go(func() error { return till.run(living) })
	}
	g.Go(func() error {
		defer stop()
		return serve(serving, l, site.Handler(), o.Log)
	})
	g.Go(func() error {
		processes := Supervisor{Children: o.children(at.Origin, f, p, trouble), Output: o.Output, Log: o.Log}
		return processes.Run(living, func() { o.Ready(at) })
	})
	return g.Wait()
}

// children are the simulator and the daemon, in the order in which they start. A simulator that starts
// again remembers nothing; with another seed it also repeats no id that the daemon has seen.
func (o Options) children(origin string, f folder, p ports, t Trouble) []Child {
	sandbox := func() []string {
		seed := strconv.FormatUint(rand.Uint64(), 10) //nolint:gosec // G404: ids of a simulator, no secrets
		return []string{"sandbox", "--listen", p.sandbox, "--origin", origin, "--seed", seed}
	}
	daemon := func() []string { return []string{"serve", "--config", f.config(), "--demo-origin", origin} }
	return []Child{
		{
			Name: "sandbox", Executable: o.Executable, Args: sandbox, Health: "http://" + p.sandbox + "/sandbox/ledger",
			Works: func(ctx context.Context) error { return f.register(ctx, "http://"+p.sandbox, "http://"+p.events+"/") },
		},
		{Name: "daemon", Executable: o.Executable, Args: daemon, Health: "http://" + p.daemon + "/health", Power: t.Power},
	}
}

func (o Options) site(at Started, f folder, p ports, t Trouble) Site {
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(at.Origin, "http://"))
	return Site{
		Origin:  at.Origin,
		Aliases: []string{"localhost:" + port, "127.0.0.1:" + port},
		Daemon:  &url.URL{Scheme: "http", Host: p.daemon},
		Sandbox: &url.URL{Scheme: "http", Host: p.sandbox},
		Trouble: t,
		Log:     o.Log,
		Settings: func() (Settings, error) {
			token, err := o.Token(f.keys())
			return Settings{
				Shop: shopName, Lane: Lane, Currency: currency, Till: at.Till,
				Display: "/display/" + Lane + "#" + token.Reveal(), Serial: p.line != "", Tour: o.Tour,
			}, err
		},
	}
}

// serve answers until ctx ends, and returns when nobody is being answered any more. Event streams and
// sockets never end by themselves, so the end of ctx ends them.
func serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	var running sync.WaitGroup
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			running.Add(1) // sockets, too, which Shutdown does not wait for
			defer running.Done()
			h.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: headerWait, IdleTimeout: idleWait, MaxHeaderBytes: maxHead,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	defer running.Wait()
	select {
	case err := <-failed:
		return fmt.Errorf("serve the demo's page: %w", err)
	case <-ctx.Done():
	}
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer stop()
	if server.Shutdown(grace) != nil {
		_ = server.Close() // whoever is left has had his time
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the demo's page: %w", err)
	}
	return nil
}
