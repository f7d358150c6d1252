// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"errors"
	"testing"
	"time"

	"tillbridge/klarna/sandbox"
)

func TestParseDuration(t *testing.T) {
	tests := map[string]time.Duration{
		"PT30M": 30 * time.Minute, "PT48H": 48 * time.Hour, "P2D": 48 * time.Hour, "P1DT2H3M4S": 26*time.Hour + 3*time.Minute + 4*time.Second,
		"PT900S": 15 * time.Minute, "PT1000000S": 1000000 * time.Second,
	}
	for s, want := range tests {
		if got, err := sandbox.ParseDuration(s); got != want || err != nil {
			t.Errorf("ParseDuration(%q) = %v, %v, want %v", s, got, err, want)
		}
	}
	for _, s := range []string{
		"", "P", "PT", "30M", "P30M", "PT30", "PT30M5H", "PT1M1M", "PT1.5H", "PT-1H", "P1Y", "P1W", "P1M", "PT1D", "pt30m", " PT30M",
		"PT30M ", "P1DT", "PT1000001S", "PT99999999999999999999H", "PT٣M",
	} {
		if got, err := sandbox.ParseDuration(s); !errors.Is(err, sandbox.ErrDuration) {
			t.Errorf("ParseDuration(%q) = %v, %v, want ErrDuration", s, got, err)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"PT30M", "P2DT1H", "P", "PT", "PT99999999H"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := sandbox.ParseDuration(s); d < 0 || err == nil && s[0] != 'P' {
			t.Errorf("ParseDuration(%q) = %v, %v", s, d, err)
		}
	})
}

func FuzzAuthorizeBody(f *testing.F) {
	for _, s := range []string{body, finalBody, "{}", "[]", `{"step_up_config":null}`, `{"request_customer_token":{"scopes":[null,1]}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, violations, err := sandbox.ParsePurchase(b)
		if err != nil && !errors.Is(err, sandbox.ErrJSON) {
			t.Fatalf("ParsePurchase(%q) = %v, want ErrJSON", b, err)
		}
		if err != nil || len(violations) > 0 {
			return
		}
		a := sandbox.NewWorld(1, sandbox.Settings{}).Do(time.Unix(0, 0), sandbox.Request{Call: sandbox.Authorize{Purchase: p}})
		if (a.Problem == nil) == (a.Authorization == nil) {
			t.Errorf("authorize(%q) = %+v, want an answer or a problem", b, a)
		}
	})
}
