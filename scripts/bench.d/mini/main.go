// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/gorilla/websocket"
	"go.etcd.io/bbolt"
	"rsc.io/qr"
)

func main() {
	at := flag.String("listen", "127.0.0.1:0", "where to listen")
	file := flag.String("journal", "", "the journal's file")
	flag.Parse()
	if err := run(*at, *file); err != nil {
		fmt.Fprintln(os.Stderr, "mini:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run(at, file string) error {
	db, err := bbolt.Open(file, 0o600, nil)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // the process ends
	up := websocket.Upgrader{}
	mux := http.NewServeMux()
	mux.HandleFunc("/code", func(w http.ResponseWriter, r *http.Request) {
		code, err := qr.Encode(r.URL.RawQuery, qr.M)
		if err == nil {
			_, err = w.Write(code.PNG()) //nolint:gosec // a picture
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	mux.HandleFunc("/socket", func(w http.ResponseWriter, r *http.Request) {
		if conn, err := up.Upgrade(w, r, nil); err == nil {
			_ = conn.Close() // it has nothing to say
		}
	})
	s := &http.Server{Addr: at, Handler: mux, ReadHeaderTimeout: time.Minute}
	return s.ListenAndServe()
}
