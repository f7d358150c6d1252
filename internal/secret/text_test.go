// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"tillbridge/internal/secret"
)

const canary = "canary-7c1f"

func TestTextNeverPrints(t *testing.T) {
	type holder struct {
		Open   secret.Text
		hidden secret.Text
	}
	h := holder{Open: secret.New(canary), hidden: secret.New(canary)}
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	logger.Info("configured", "holder", h, "text", h.Open)
	encoded, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	outs := []string{log.String(), string(encoded)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		outs = append(outs, fmt.Sprintf(verb, h), fmt.Sprintf(verb, h.Open), fmt.Sprintf(verb, &h.hidden))
	}
	for _, out := range outs {
		if strings.Contains(out, canary) || strings.Contains(out, fmt.Sprintf("%x", canary)) {
			t.Errorf("printed the secret: %s", out)
		}
	}
}

func TestTextRevealsAndCompares(t *testing.T) {
	s := secret.New(canary)
	if got := s.Reveal(); got != canary {
		t.Errorf("Reveal() = %q, want %q", got, canary)
	}
	if !s.Equal(canary) || s.Equal(canary+"x") || s.Equal("") {
		t.Error("Equal must hold for the same text only")
	}
	if zero := (secret.Text{}); !zero.Empty() || zero.Reveal() != "" || !secret.New("").Empty() {
		t.Error("the zero Text must be empty")
	}
}
