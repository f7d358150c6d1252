// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tillbridge/klarna"
)

const (
	approvedBody = `{"payment_transaction_response":{"result":"APPROVED","payment_transaction":{
		"payment_transaction_id":"` + testTx + `","payment_transaction_reference":"tx-1","amount":11800,"currency":"EUR",
		"payment_funding":{"type":"GUARANTEED","state":"FUNDED"},"payment_pricing":{},
		"payment_captures":[{"payment_capture_id":"` + testTx + `:capture:1"}],"expires_at":"2026-01-29T12:00:00.123456789Z"}}}`
	stepUpBody = `{"payment_transaction_response":{"result":"STEP_UP_REQUIRED"},"payment_request":{
		"payment_request_id":"` + testRequest + `","payment_request_reference":"rq-1","amount":11800,"currency":"EUR","state":"SUBMITTED",
		"state_context":{"customer_interaction":{"method":"QR_CODE","qr_code":{
			"image_url":"https://pay.test.klarna.com/eu/requests/1/qr","target_url":"https://pay.test.klarna.com/eu/requests/1/start"}}},
		"expires_at":"2026-01-01T12:30:00Z"}}`
	declinedBody = `{"payment_transaction_response":{"result":"DECLINED","result_reason":"X"}}`
)

// kind is the class of an outcome, for tables.
func kind(o klarna.Outcome) string {
	return strings.TrimPrefix(fmt.Sprintf("%T", o), "klarna.")
}

func TestJudgeKeepsTheClassesApart(t *testing.T) {
	object := func(code string) string { return `{"error_code":"` + code + `","error_id":"e"}` }
	tests := map[string]struct {
		op     klarna.Op
		status int
		body   string
		want   string
	}{
		"approved":                             {klarna.OpAuthorize, 200, approvedBody, "Approved"},
		"approved on finalize, 201":            {klarna.OpFinalize, 201, approvedBody, "Approved"},
		"step-up":                              {klarna.OpAuthorize, 200, stepUpBody, "StepUp"},
		"step-up on finalize":                  {klarna.OpFinalize, 200, stepUpBody, "StepUp"},
		"declined":                             {klarna.OpAuthorize, 200, declinedBody, "Declined"},
		"unknown fields everywhere":            {klarna.OpAuthorize, 200, `{"new":[1,{"a":null}],"payment_transaction_response":{"result":"DECLINED","x":1e9}}`, "Declined"},
		"row 39: approved without id":          {klarna.OpFinalize, 200, strings.Replace(approvedBody, testTx+`","payment_transaction_reference`, `","payment_transaction_reference`, 1), "Unclear"},
		"row 39: id is a number":               {klarna.OpFinalize, 200, `{"payment_transaction_response":{"result":"APPROVED","payment_transaction":{"payment_transaction_id":7}}}`, "Unclear"},
		"row 39: transaction is null":          {klarna.OpFinalize, 200, `{"payment_transaction_response":{"result":"APPROVED","payment_transaction":null}}`, "Unclear"},
		"row 40: step-up without request":      {klarna.OpAuthorize, 200, `{"payment_transaction_response":{"result":"STEP_UP_REQUIRED"}}`, "Unclear"},
		"row 41: trailing space":               {klarna.OpAuthorize, 200, strings.Replace(approvedBody, "APPROVED", "APPROVED ", 1), "Unclear"},
		"row 41: lower case":                   {klarna.OpAuthorize, 200, strings.Replace(approvedBody, "APPROVED", "approved", 1), "Unclear"},
		"row 41: new word":                     {klarna.OpAuthorize, 200, strings.Replace(approvedBody, "APPROVED", "PENDING", 1), "Unclear"},
		"row 41: key in other case":            {klarna.OpAuthorize, 200, strings.Replace(approvedBody, `"result"`, `"Result"`, 1), "Unclear"},
		"row 42: a web page":                   {klarna.OpAuthorize, 200, "<html>Welcome to our wifi</html>", "Unclear"},
		"row 42: a web page after a capture":   {klarna.OpCapture, 200, "<html>", "Unclear"},
		"empty 200":                            {klarna.OpAuthorize, 200, "", "Unclear"},
		"empty 204 to authorize":               {klarna.OpAuthorize, 204, "", "Unclear"},
		"JSON null":                            {klarna.OpAuthorize, 200, "null", "Unclear"},
		"JSON list":                            {klarna.OpAuthorize, 200, "[" + approvedBody + "]", "Unclear"},
		"row 10: two results":                  {klarna.OpAuthorize, 200, `{"payment_transaction_response":{"result":"DECLINED","result":"APPROVED"}}`, "Unclear"},
		"row 10: the same key, escaped":        {klarna.OpAuthorize, 200, `{"payment_transaction_response":{"result":"DECLINED","res\u0075lt":"APPROVED"}}`, "Unclear"},
		"row 10: trailing object":              {klarna.OpAuthorize, 200, declinedBody + "{}", "Unclear"},
		"row 10: byte order mark":              {klarna.OpAuthorize, 200, "\xef\xbb\xbf" + declinedBody, "Unclear"},
		"row 10: deep nesting":                 {klarna.OpAuthorize, 200, `{"a":` + strings.Repeat("[", 100000) + strings.Repeat("]", 100000) + "}", "Unclear"},
		"half a body":                          {klarna.OpFinalize, 200, approvedBody[:200], "Unclear"},
		"row 47: redirect that repeats a POST": {klarna.OpFinalize, 307, "", "Unclear"},
		"redirect":                             {klarna.OpFinalize, 302, "", "Unclear"},
		"validation error":                     {klarna.OpAuthorize, 400, object("VALIDATION_ERROR"), "Refused"},
		"unauthorized":                         {klarna.OpAuthorize, 401, object("UNAUTHORIZED"), "Refused"},
		"unauthorized, bare":                   {klarna.OpAuthorize, 401, "", "Refused"},
		"forbidden with an object":             {klarna.OpVoid, 403, object("OPERATION_FORBIDDEN"), "Refused"},
		"forbidden by the shield, empty":       {klarna.OpVoid, 403, "", "Busy"},
		"forbidden by the shield, a page":      {klarna.OpVoid, 403, "<html>", "Busy"},
		"no such transaction":                  {klarna.OpVoid, 404, object("RESOURCE_NOT_FOUND"), "Refused"},
		"404 from nobody we know":              {klarna.OpFinalize, 404, "<html>", "Unclear"},
		"400 from nobody we know":              {klarna.OpFinalize, 400, "bad request", "Unclear"},
		"400 that says two things":             {klarna.OpFinalize, 400, `{"error_code":"A","error_code":"B"}`, "Unclear"},
		"408 may come after the call":          {klarna.OpFinalize, 408, object("X"), "Unclear"},
		"row 45: conflict":                     {klarna.OpFinalize, 409, object("RESOURCE_CONFLICT"), "Busy"},
		"too large":                            {klarna.OpAuthorize, 413, "", "Refused"},
		"rate limited":                         {klarna.OpAuthorize, 429, object("RATE_LIMITED"), "Busy"},
		"rate limited, bare":                   {klarna.OpAuthorize, 429, "", "Busy"},
		"row 43: 500 TIMEOUT":                  {klarna.OpFinalize, 500, object("TIMEOUT"), "Unclear"},
		"500 INTERNAL_ERROR":                   {klarna.OpFinalize, 500, object("INTERNAL_ERROR"), "Unclear"},
		"503":                                  {klarna.OpFinalize, 503, object("TEMPORARY_UNAVAILABLE"), "Unclear"},
		"502 with a page":                      {klarna.OpFinalize, 502, "<html>", "Unclear"},
		"status 600":                           {klarna.OpFinalize, 600, approvedBody, "Unclear"},
		"captured":                             {klarna.OpCapture, 201, `{"payment_capture_id":"c"}`, "Done"},
		"captured, empty body":                 {klarna.OpCapture, 204, "", "Done"},
		"refunded":                             {klarna.OpRefund, 200, `{"payment_refund_id":"r"}`, "Done"},
		"voided":                               {klarna.OpVoid, 200, `{"state":"CLOSED"}`, "Done"},
		"success with an error object":         {klarna.OpVoid, 200, object("INTERNAL_ERROR"), "Unclear"},
		"success cut off":                      {klarna.OpCapture, 200, `{"payment_capture_id":`, "Unclear"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := klarna.Judge(tt.op, tt.status, []byte(tt.body)); kind(got) != tt.want {
				t.Errorf("Judge(%s, %d, %.80q) = %s, want %s: %+v", tt.op, tt.status, tt.body, kind(got), tt.want, got)
			}
		})
	}
}

func TestApprovedIsGivenBackAsItCame(t *testing.T) {
	got, ok := klarna.Judge(klarna.OpFinalize, 200, []byte(approvedBody)).(klarna.Approved)
	if !ok {
		t.Fatal("not approved")
	}
	if got.TransactionID != testTx || got.TransactionReference != "tx-1" || got.Amount != 11800 || got.Currency != "EUR" ||
		got.CaptureID != testTx+":capture:1" || !got.ExpiresAt.Equal(time.Date(2026, 1, 29, 12, 0, 0, 123456789, time.UTC)) {
		t.Errorf("Approved = %+v", got)
	}
}

// Row 38: the caller compares, so nothing may be rounded, guessed or repaired here.
func TestRow38AmountsAreNeverRepaired(t *testing.T) {
	tests := map[string]struct {
		json string
		want int64
	}{
		"exact":             {"11800", 11800},
		"another amount":    {"11801", 11801},
		"negative":          {"-11800", -11800},
		"exponent":          {"118e2", 0},
		"fraction":          {"11800.0", 0},
		"text":              {`"11800"`, 0},
		"null":              {"null", 0},
		"beyond 64 bits":    {"99999999999999999999", 0},
		"more than a float": {"9007199254740993", 9007199254740993},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			body := strings.Replace(approvedBody, "11800", tt.json, 1)
			got, ok := klarna.Judge(klarna.OpFinalize, 200, []byte(body)).(klarna.Approved)
			if !ok || got.Amount != tt.want || got.TransactionID != testTx {
				t.Errorf("amount %s: %+v, want amount %d and the id", tt.json, got, tt.want)
			}
		})
	}
}

func TestStepUpIsReadInEveryForm(t *testing.T) {
	const (
		head = `{"payment_transaction_response":{"result":"STEP_UP_REQUIRED"},"payment_request":{"payment_request_id":"r",`
		tail = `}}`
	)
	tests := map[string]struct{ body, target string }{
		"qr code":             {stepUpBody, "https://pay.test.klarna.com/eu/requests/1/start"},
		"method in mixed":     {strings.Replace(stepUpBody, "QR_CODE", "QR_code", 1), "https://pay.test.klarna.com/eu/requests/1/start"},
		"hand-over":           {head + `"state_context":{"customer_interaction":{"method":"HANDOVER","payment_request_url":"https://a"}}` + tail, "https://a"},
		"address at the root": {head + `"payment_request_url":"https://b"` + tail, "https://b"},
		"row 40: no QR":       {head + `"state":"SUBMITTED"` + tail, ""},
		"row 36: image only":  {head + `"state_context":{"customer_interaction":{"qr_code":{"image_url":"http://169.254.169.254/"}}}` + tail, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := klarna.Judge(klarna.OpAuthorize, 200, []byte(tt.body)).(klarna.StepUp)
			if !ok || got.TargetURL != tt.target {
				t.Errorf("StepUp = %+v, want target %q", got, tt.target)
			}
			if strings.Contains(fmt.Sprintf("%+v", got), "169.254") {
				t.Error("row 36: an image address was handed on")
			}
		})
	}
	got, _ := klarna.Judge(klarna.OpAuthorize, 200, []byte(stepUpBody)).(klarna.StepUp)
	if got.RequestID != testRequest || got.RequestReference != "rq-1" || got.Amount != 11800 || got.Currency != "EUR" ||
		got.State != klarna.RequestSubmitted || !got.ExpiresAt.Equal(time.Date(2026, 1, 1, 12, 30, 0, 0, time.UTC)) {
		t.Errorf("StepUp = %+v", got)
	}
}

func TestCustomerTokenComesWithTheApproval(t *testing.T) {
	body := strings.TrimSuffix(approvedBody, "}") + `,"customer_token_response":{"result":"APPROVED","customer_token":{
		"customer_token":"krn:customer-token:1","customer_token_reference":"c-1","scopes":["payment:customer_present",7]}},
		"klarna_network_response_data":"{}"}`
	got, ok := klarna.Judge(klarna.OpFinalize, 200, []byte(body)).(klarna.Approved)
	if !ok || got.CustomerToken.Token.Reveal() != "krn:customer-token:1" || got.CustomerToken.Reference != "c-1" ||
		len(got.CustomerToken.Scopes) != 1 || got.NetworkData != "{}" {
		t.Errorf("Approved = %+v", got)
	}
	if strings.Contains(fmt.Sprintf("%+v", got), "krn:customer-token:1") {
		t.Error("the token prints")
	}
}

func TestProblemIsReadInEveryShape(t *testing.T) {
	tests := map[string]struct{ body, parameter, message string }{
		"newest": {`{"error_code":"VALIDATION_ERROR","error_message":"bad","validation_errors":[{"parameter":"$.amount","reason":"too big"}]}`, "$.amount", "bad too big"},
		"older":  {`{"error_code":"VALIDATION_ERROR","error_type":"INPUT_ERROR","errors":[{"parameter":"p","error_message":"m"},{"parameter":"q"}]}`, "p", "m"},
		"v1":     {`{"error_code":"BAD_VALUE","correlation_id":"c","error_messages":["x","y"]}`, "", "x"},
		"hostile": {
			`{"error_code":"A","error_message":"line\nbreak \u001b[31m` + strings.Repeat("x", 1000) + `","errors":[1,null,{"parameter":5}]}`,
			"", "linebreak [31m" + strings.Repeat("x", 242),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := klarna.Judge(klarna.OpAuthorize, 400, []byte(tt.body)).(klarna.Refused)
			if !ok || got.Parameter != tt.parameter || got.Message != tt.message {
				t.Errorf("Refused = %+v, want parameter %q, message %q", got, tt.parameter, tt.message)
			}
		})
	}
}

// Whatever Klarna answers: no panic, and money words only from the exact answer that says them.
func FuzzJudge(f *testing.F) {
	for _, body := range []string{approvedBody, stepUpBody, declinedBody, `{"error_code":"X"}`, "<html>", "", "null", `{"a":`} {
		for _, status := range []int{200, 204, 307, 400, 403, 404, 409, 429, 500} {
			f.Add(status, []byte(body), true)
		}
	}
	f.Fuzz(func(t *testing.T, status int, body []byte, authorize bool) {
		op := klarna.OpCapture
		if authorize {
			op = klarna.OpFinalize
		}
		switch o := klarna.Judge(op, status, body).(type) {
		case klarna.Approved:
			if status/100 != 2 || !authorize || o.TransactionID == "" || !strings.Contains(string(body), "APPROVED") && !strings.Contains(string(body), `\u`) {
				t.Errorf("%d %q is approved", status, body)
			}
		case klarna.StepUp:
			if status/100 != 2 || !authorize || o.RequestID == "" {
				t.Errorf("%d %q is a step-up", status, body)
			}
		case klarna.Declined:
			if status/100 != 2 || !authorize {
				t.Errorf("%d %q is a decline", status, body)
			}
		case klarna.Done:
			if status/100 != 2 || authorize {
				t.Errorf("%d %q is done", status, body)
			}
		case klarna.Refused, klarna.Busy:
			if status/100 != 4 {
				t.Errorf("%d %q is a %T", status, body, o)
			}
		case klarna.Unclear:
			if o.Err == nil {
				t.Errorf("%d %q is unclear without saying why", status, body)
			}
		case klarna.NotSent:
			t.Errorf("%d %q was an answer and is called not sent", status, body)
		}
	})
}

func TestRow46RetryAfterIsBounded(t *testing.T) {
	date := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		text string
		want time.Duration
	}{
		"none":               {"", 0},
		"three seconds":      {"3", 3 * time.Second},
		"a fraction":         {"0.5", 500 * time.Millisecond},
		"999999999":          {"999999999", time.Minute},
		"beyond any integer": {"1e400", 0},
		"infinite":           {"Inf", time.Minute},
		"not a number":       {"NaN", 0},
		"negative":           {"-5", 0},
		"text":               {"soon", 0},
		"a moment":           {"Thu, 01 Jan 2026 12:00:07 GMT", 7 * time.Second},
		"a moment past":      {"Thu, 01 Jan 2026 11:00:00 GMT", 0},
		"a moment far away":  {"Thu, 01 Jan 2126 11:00:00 GMT", time.Minute},
		"very long":          {strings.Repeat("9", 1000), 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := klarna.ParseRetryAfter(tt.text, date); got != tt.want {
				t.Errorf("ParseRetryAfter(%q) = %v, want %v", tt.text, got, tt.want)
			}
		})
	}
	if got := klarna.ParseRetryAfter("Thu, 01 Jan 2026 12:00:07 GMT", time.Time{}); got != 0 {
		t.Errorf("a moment without a Date to hold it against = %v, want 0", got)
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "1", "-1", "1e99", "NaN", "Thu, 01 Jan 2026 12:00:07 GMT"} {
		f.Add(s, int64(1767268800))
	}
	f.Fuzz(func(t *testing.T, text string, date int64) {
		if got := klarna.ParseRetryAfter(text, time.Unix(date, 0)); got < 0 || got > time.Minute {
			t.Errorf("ParseRetryAfter(%q) = %v", text, got)
		}
	})
}
