// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/klarna/sandbox"
)

// TestSignatureVector was computed with another HMAC implementation.
func TestSignatureVector(t *testing.T) {
	const (
		body = `{"metadata":{"event_id":"e1","event_type":"payment.request.state-change.completed","event_version":"v2"},"payload":{"state":"COMPLETED"}}`
		want = "c5c203749e090018ebf4e65db8bde420837f6718e13ce8304f41bd246b53f49f"
	)
	if got := sandbox.Sign("sim_signing_key_0001", body); got != want {
		t.Errorf("Sign() = %s, want %s", got, want)
	}
}

type event struct {
	Metadata struct {
		Type    string `json:"event_type"`
		ID      string `json:"event_id"`
		Version string `json:"event_version"`
		Subject string `json:"subject_account_id"`
		Live    bool   `json:"live"`
	} `json:"metadata"`
	Payload struct {
		ID      string `json:"payment_request_id"`
		State   string `json:"state"`
		Token   string `json:"klarna_network_session_token"`
		Older   string `json:"payment_token"`
		Capture string `json:"payment_capture_id"`
		Context struct {
			Token string `json:"klarna_network_session_token"`
		} `json:"state_context"`
	} `json:"payload"`
}

func parseEvent(t *testing.T, body []byte) event {
	t.Helper()
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// listen registers a webhook and returns the secret of its signing key.
func (d *desk) listen(types ...string) string {
	d.t.Helper()
	key, signing, err := d.CreateSigningKey(d.now)
	if err != nil {
		d.t.Fatal(err)
	}
	h := sandbox.Webhook{URL: "https://shop.example/hook", EventTypes: types, SigningKeyID: key.ID}
	if _, err := d.CreateWebhook(d.now, h); err != nil {
		d.t.Fatal(err)
	}
	return signing.Reveal()
}

// deliver hands out all that is due and reports each with status.
func (d *desk) deliver(status int) []sandbox.Delivery {
	d.Advance(d.now)
	out := d.Take()
	for _, one := range out {
		d.Delivered(d.now, one, status)
	}
	return out
}

func (d *desk) types(list []sandbox.Delivery) []string {
	var types []string
	for _, one := range list {
		types = append(types, parseEvent(d.t, one.Body).Metadata.Type)
	}
	return types
}

func TestEventsOfASale(t *testing.T) {
	d := newDesk(t)
	key := d.listen("payment.request.*", "payment.transaction.captured")
	r := d.completed()
	c := second(r.Token)
	c.CaptureNow = true
	d.send("", c)
	got := d.deliver(202)
	want := []string{
		"payment.request.state-change.submitted", "payment.request.state-change.in-progress",
		"payment.request.state-change.completed", "payment.transaction.captured",
	}
	if types := d.types(got); !slices.Equal(types, want) {
		t.Fatalf("events = %v, want %v", types, want)
	}
	e := parseEvent(t, got[2].Body)
	if e.Payload.ID != r.ID || e.Payload.Token != r.Token || e.Metadata.Subject != account || e.Metadata.Live || e.Metadata.Version != "v2" {
		t.Errorf("completed event = %+v", e)
	}
	if parseEvent(t, got[3].Body).Payload.Capture == "" {
		t.Error("captured event without payment_capture_id")
	}
	for _, one := range got {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write(one.Body)
		if one.Signature != hex.EncodeToString(mac.Sum(nil)) {
			t.Errorf("signature of %s is wrong", one.Body)
		}
	}
	d.wait(48 * time.Hour)
	if again := d.types(d.deliver(202)); slices.Contains(again, want[0]) {
		t.Errorf("acknowledged, yet delivered again: %v", again)
	}
}

func TestDeliveriesAreRepeated(t *testing.T) {
	d := newDesk(t)
	d.listen("payment.request.state-change.submitted")
	start := d.now
	d.stepUp()
	var at []time.Duration
	var bodies []string
	for range 20 {
		for _, one := range d.deliver(500) {
			at = append(at, d.now.Sub(start))
			bodies = append(bodies, string(one.Body))
		}
		next, ok := d.Next()
		if !ok {
			break
		}
		d.now = next
	}
	want := []time.Duration{0}
	for _, gap := range []time.Duration{10 * time.Second, 2 * time.Minute, 15 * time.Minute, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour} {
		want = append(want, want[len(want)-1]+gap)
	}
	if !slices.Equal(at, want) {
		t.Errorf("attempts at %v, want %v", at, want)
	}
	if len(slices.Compact(bodies)) != 1 {
		t.Error("an event changed between attempts")
	}
}

func TestLateWebhooks(t *testing.T) {
	d := newDesk(t)
	d.listen("*")
	d.SetPolicy(sandbox.Policy{Webhooks: sandbox.TwistLate})
	d.completed()
	d.wait(4999 * time.Millisecond)
	if early := d.deliver(200); len(early) != 0 {
		t.Errorf("before 5 s: deliveries = %v, want none", d.types(early))
	}
	d.wait(time.Millisecond)
	if late := d.deliver(200); len(late) != 3 {
		t.Errorf("after 5 s: deliveries = %v, want all three", d.types(late))
	}
}

func TestTwists(t *testing.T) {
	tests := map[sandbox.Twist]func(d *desk, key string, got []sandbox.Delivery) bool{
		sandbox.TwistLost: func(_ *desk, _ string, got []sandbox.Delivery) bool { return len(got) == 0 },
		sandbox.TwistDuplicate: func(_ *desk, _ string, got []sandbox.Delivery) bool {
			return len(got) == 6 && string(got[0].Body) == string(got[1].Body) && got[0].ID != got[1].ID
		},
		sandbox.TwistReorder: func(d *desk, _ string, got []sandbox.Delivery) bool {
			late := d.types(got)
			return len(late) == 3 && strings.HasSuffix(late[0], "in-progress") && strings.HasSuffix(late[2], "completed")
		},
		sandbox.TwistBadSignature: func(_ *desk, key string, got []sandbox.Delivery) bool {
			return len(got) == 3 && got[0].Signature != sandbox.Sign(key, string(got[0].Body))
		},
		sandbox.TwistUnknownKey: func(_ *desk, _ string, got []sandbox.Delivery) bool {
			return len(got) == 3 && strings.HasSuffix(got[0].KeyID, "-unknown")
		},
		sandbox.TwistLive: func(d *desk, _ string, got []sandbox.Delivery) bool {
			return len(got) == 3 && parseEvent(d.t, got[0].Body).Metadata.Live
		},
		sandbox.TwistForeign: func(d *desk, _ string, got []sandbox.Delivery) bool {
			return len(got) == 3 && parseEvent(d.t, got[0].Body).Metadata.Subject != account
		},
		sandbox.TwistNoToken: func(d *desk, _ string, got []sandbox.Delivery) bool {
			return len(got) == 3 && parseEvent(d.t, got[2].Body).Payload.Token == ""
		},
	}
	for twist, right := range tests {
		t.Run(string(twist), func(t *testing.T) {
			d := newDesk(t)
			key := d.listen("*")
			d.SetPolicy(sandbox.Policy{Webhooks: twist})
			d.completed()
			got := d.deliver(200)
			d.wait(5 * time.Second)
			got = append(got, d.deliver(200)...)
			if !right(d, key, got) {
				t.Errorf("deliveries = %v", d.types(got))
			}
		})
	}
}

func TestWebhookFaults(t *testing.T) {
	d := newDesk(t)
	d.listen("payment.request.state-change.submitted")
	d.SetFaults([]sandbox.Fault{
		{Route: sandbox.RouteWebhook, Nth: 1, Kind: sandbox.FaultResetBefore},
		{Route: sandbox.RouteWebhook, Nth: 2, Kind: sandbox.FaultResetAfter},
	})
	d.stepUp()
	var counts []int
	for _, by := range []time.Duration{0, 10 * time.Second, 2 * time.Minute, 15 * time.Minute} {
		d.wait(by)
		counts = append(counts, len(d.deliver(200)))
	}
	if want := []int{0, 1, 1, 0}; !slices.Equal(counts, want) {
		t.Errorf("deliveries per attempt = %v, want %v: lost, delivered but unheard, delivered again", counts, want)
	}
}

func TestTokenPlacesAndNames(t *testing.T) {
	tests := map[string]struct {
		policy sandbox.Policy
		token  func(event) string
	}{
		"in the payload":       {sandbox.Policy{}, func(e event) string { return e.Payload.Token }},
		"in state_context":     {sandbox.Policy{TokenAtRoot: true}, func(e event) string { return e.Payload.Context.Token }},
		"under its older name": {sandbox.Policy{InteropNames: true}, func(e event) string { return e.Payload.Older }},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.listen("payment.request.state-change.completed")
			d.SetPolicy(tc.policy)
			r := d.completed()
			if got := tc.token(parseEvent(t, d.deliver(200)[0].Body)); got != r.Token {
				t.Errorf("token = %q, want %q", got, r.Token)
			}
		})
	}
}

func TestWebhookRules(t *testing.T) {
	d := newDesk(t)
	d.listen("*")
	key := d.SigningKeys()[0].ID
	tests := map[string]struct {
		hook sandbox.Webhook
		want error
	}{
		"a second one alike":       {sandbox.Webhook{URL: "https://shop.example/hook", EventTypes: []string{"*"}, SigningKeyID: key}, sandbox.ErrDuplicate},
		"plain http":               {sandbox.Webhook{URL: "http://shop.example/hook", EventTypes: []string{"*"}, SigningKeyID: key}, sandbox.ErrWebhook},
		"another port":             {sandbox.Webhook{URL: "https://shop.example:9000/hook", EventTypes: []string{"*"}, SigningKeyID: key}, sandbox.ErrWebhook},
		"a user in the address":    {sandbox.Webhook{URL: "https://a:b@shop.example/hook", EventTypes: []string{"*"}, SigningKeyID: key}, sandbox.ErrWebhook},
		"a file":                   {sandbox.Webhook{URL: "file:///etc/passwd", EventTypes: []string{"*"}, SigningKeyID: key}, sandbox.ErrWebhook},
		"no events":                {sandbox.Webhook{URL: "https://shop.example/2", SigningKeyID: key}, sandbox.ErrWebhook},
		"an unknown key":           {sandbox.Webhook{URL: "https://shop.example/2", EventTypes: []string{"*"}, SigningKeyID: "x"}, sandbox.ErrWebhook},
		"port 8443":                {sandbox.Webhook{URL: "https://shop.example:8443/hook", EventTypes: []string{"*"}, SigningKeyID: key}, nil},
		"this machine, plain http": {sandbox.Webhook{URL: "http://127.0.0.1:8581/klarna", EventTypes: []string{"*"}, SigningKeyID: key}, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := d.CreateWebhook(d.now, tc.hook); !errors.Is(err, tc.want) {
				t.Errorf("CreateWebhook() = %v, want %v", err, tc.want)
			}
		})
	}
	if err := d.DeleteSigningKey(key); !errors.Is(err, sandbox.ErrDuplicate) {
		t.Errorf("DeleteSigningKey() of a key in use = %v", err)
	}
	for range 49 {
		if _, _, err := d.CreateSigningKey(d.now); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := d.CreateSigningKey(d.now); !errors.Is(err, sandbox.ErrLimit) {
		t.Errorf("signing key 51 = %v, want ErrLimit", err)
	}
}

func TestSimulatedEventMovesNoMoney(t *testing.T) {
	d := newDesk(t)
	d.listen("payment.transaction.captured")
	id := d.Webhooks()[0].ID
	if err := d.Simulate(d.now, id, "payment.request.state-change.completed"); err != nil {
		t.Fatal(err)
	}
	e := parseEvent(t, d.deliver(200)[0].Body)
	if e.Metadata.Type != "payment.request.state-change.completed" || e.Payload.Token == "" {
		t.Fatalf("simulated event = %+v", e)
	}
	if a := d.send("", second(e.Payload.Token)); result(a) != sandbox.ResultDeclined {
		t.Errorf("finalize with its token = %+v", a)
	}
	if err := d.Simulate(d.now, "x", "e"); !errors.Is(err, sandbox.ErrNoWebhook) {
		t.Errorf("Simulate() of an unknown webhook = %v", err)
	}
}

// receiver is the far end of webhooks, without a socket.
type receiver struct {
	mu     sync.Mutex
	status int
	got    []*http.Request
	bodies []string
	at     []time.Time
}

func (r *receiver) RoundTrip(q *http.Request) (*http.Response, error) {
	b, err := io.ReadAll(q.Body)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got, r.bodies, r.at = append(r.got, q), append(r.bodies, string(b)), append(r.at, time.Now())
	if r.status == 0 {
		return nil, errors.New("connection refused")
	}
	return &http.Response{StatusCode: r.status, Body: http.NoBody, Header: http.Header{}}, nil
}

func TestRunDeliversAndRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := &receiver{}
		s := sandbox.New(sandbox.Options{Client: &http.Client{Transport: far}})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		c := client{t: t, s: s}
		key := c.json("POST", "/v2/notification/signing-keys", `{}`, 201)
		hook := `{"url":"http://127.0.0.1:8581/klarna","event_types":["payment.request.state-change.completed"],"event_version":"v2","signing_key_id":"` + text(key, "signing_key_id") + `"}`
		c.json("POST", "/v2/notification/webhooks", hook, 201)
		c.json("POST", "/sandbox/behaviour", `{"customer":"approve","after":"2s"}`, 200)
		c.json("POST", "/v2/payment/authorize", body, 200)
		start := time.Now()
		time.Sleep(3 * time.Second)
		far.mu.Lock()
		far.status = 204
		far.mu.Unlock()
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(far.got) != 2 || far.at[0].Sub(start) != 2*time.Second || far.at[1].Sub(far.at[0]) != 10*time.Second {
			t.Fatalf("attempts at %v", far.at)
		}
		if far.bodies[0] != far.bodies[1] {
			t.Error("the event changed between attempts")
		}
		h := far.got[1].Header
		if h.Get("Klarna-Signing-Key-Id") != key["signing_key_id"] || h.Get("Klarna-Signature") != sandbox.Sign(text(key, "signing_key"), far.bodies[1]) {
			t.Errorf("headers = %v", h)
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run() = %v", err)
		}
	})
}
