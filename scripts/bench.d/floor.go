// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/gorilla/websocket"
	rsc "rsc.io/qr"

	"tillbridge/qr"
)

// floor is the same work up to the code, written as plainly as possible: a line in, one record in a journal
// with one flush, one call to Klarna on a kept connection, the code's modules, one frame to the screen, a line
// out. It can neither be cancelled nor restarted, and remembers nothing. It is what physics and the libraries
// cost.
type floor struct {
	journal *rawJournal
	client  *http.Client
	klarna  string
	draw    func(text string) (size int, bits []byte, err error)
	screens []chan []byte // one per lane
}

func runFloor(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("floor", flag.ContinueOnError)
	lanes := f.Int("lanes", 1, "how many tills")
	klarna := f.String("klarna", "", "where the mock is")
	root := f.String("root", "", "file of its certificate")
	journal := f.String("journal", "", "the journal's file")
	codes := f.String("codes", "owner", "who encodes: owner (skip2, as the program) or rsc")
	if err := f.Parse(args); err != nil {
		return errUsage
	}
	client, err := plainClient(*root)
	if err != nil {
		return err
	}
	j, err := openRaw(*journal)
	if err != nil {
		return err
	}
	w := &floor{journal: j, client: client, klarna: *klarna, draw: drawOwner}
	if *codes == "rsc" {
		w.draw = drawRSC
	}
	var lc net.ListenConfig
	till, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	web, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	for range *lanes {
		w.screens = append(w.screens, make(chan []byte, 1))
	}
	s := &http.Server{Handler: http.HandlerFunc(w.socket)} //nolint:gosec // nobody slow comes here
	go func() { _ = s.Serve(web) }()                       // until the process ends
	fmt.Println(till.Addr(), web.Addr())
	for {
		conn, err := till.Accept()
		if err != nil {
			return err
		}
		go func() {
			if err := w.serve(ctx, conn); err != nil {
				fmt.Fprintln(os.Stderr, "floor:", err)
			}
		}()
	}
}

func plainClient(root string) (*http.Client, error) {
	text, err := os.ReadFile(root) //nolint:gosec // written by whoever started us
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}, MaxIdleConnsPerHost: 64, ForceAttemptHTTP2: true,
	}}, nil
}

// drawOwner is the library that the program uses, without anything around it but its own packing.
func drawOwner(text string) (int, []byte, error) {
	code, err := qr.New(text)
	if err != nil {
		return 0, nil, err
	}
	bits, err := base64.StdEncoding.DecodeString(code.Packed())
	return code.Size(), bits, err
}

func drawRSC(text string) (int, []byte, error) {
	code, err := rsc.Encode(text, rsc.M)
	if err != nil {
		return 0, nil, err
	}
	return code.Size, code.Bitmap, nil
}

// serve is a till's link. The first line says which lane it is.
func (w *floor) serve(ctx context.Context, conn net.Conn) error {
	lines := bufio.NewReader(conn)
	var lane int
	if _, err := fmt.Fscanln(lines, &lane); err != nil {
		return err
	}
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err = w.sell(ctx, conn, w.screens[lane], line); err != nil {
			return err
		}
	}
}

func (w *floor) sell(ctx context.Context, till io.Writer, screen chan<- []byte, line []byte) error {
	var ask struct {
		ID       string `json:"id"`
		Amount   int64  `json:"amount"`
		Currency string `json:"currency"`
	}
	if err := json.Unmarshal(line, &ask); err != nil {
		return err
	}
	body := fmt.Sprintf(`{"currency":"%s","request_payment_transaction":{"amount":%d,"payment_transaction_reference":"%s"},`+
		`"step_up_config":{"payment_request_reference":"%s","customer_interaction_config":{"method":"QR_CODE"}}}`, ask.Currency, ask.Amount, ask.ID, ask.ID)
	if err := w.journal.append(line); err != nil {
		return err
	}
	url, err := w.authorize(ctx, ask.ID, body)
	if err != nil {
		return err
	}
	size, bits, err := w.draw(url)
	if err != nil {
		return err
	}
	screen <- fmt.Appendf(nil, `{"state":"scan","sale":"%s","code":{"size":%d,"bits":"%s"}}`, ask.ID, size, base64.StdEncoding.EncodeToString(bits))
	_, err = fmt.Fprintf(till, `{"type":"result","id":"%s","outcome":"cancelled"}`+"\n", ask.ID)
	return err
}

func (w *floor) authorize(ctx context.Context, key, body string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.klarna+"/payment/authorize", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Basic klarna_test_api_bench")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Klarna-Idempotency-Key", key)
	resp, err := w.client.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	var answer struct {
		Request struct {
			Context struct {
				Interaction struct {
					QR struct {
						Target string `json:"target_url"`
					} `json:"qr_code"`
				} `json:"customer_interaction"`
			} `json:"state_context"`
		} `json:"payment_request"`
	}
	text, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(text, &answer)
	}
	return answer.Request.Context.Interaction.QR.Target, err
}

// socket is a screen: the lane is in the path.
func (w *floor) socket(rw http.ResponseWriter, r *http.Request) {
	var lane int
	if _, err := fmt.Sscanf(r.URL.Path, "/display/lane-%d/socket", &lane); err != nil {
		rw.WriteHeader(http.StatusNotFound)
		return
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(rw, r, nil)
	if err != nil {
		return
	}
	if _, _, err = conn.ReadMessage(); err == nil { // its hello
		err = conn.WriteMessage(websocket.TextMessage, []byte(`{"state":"idle"}`))
	}
	for err == nil {
		err = conn.WriteMessage(websocket.TextMessage, <-w.screens[lane-1])
	}
	_ = conn.Close() // the other side is gone
}
