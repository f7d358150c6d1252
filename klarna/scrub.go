// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"strings"

	"tillbridge/internal/secret"
)

// clean makes text from the other side fit for logs: bounded, on one line, without our secrets in it.
func (r reply) clean(text string, limit int) string {
	return clean(r.scrub(text), limit)
}

func (r reply) scrub(text string) string {
	for _, s := range r.secrets {
		plain := strings.TrimPrefix(s.Reveal(), "Basic ")
		if plain != "" {
			text = strings.ReplaceAll(text, plain, s.String())
		}
	}
	return maskTokens(text)
}

// maskTokens hides words that look like a secret this call did not carry: a token (krn:…-token:…) or
// another API key.
func maskTokens(text string) string {
	var b strings.Builder
	for text != "" {
		end := strings.IndexAny(text, " \t\r\n\"'`,;()<>[]{}")
		word, rest := text, ""
		if end >= 0 {
			word, rest = text[:end], text[end:]
		}
		if strings.Contains(word, "-token:") || strings.Contains(word, "klarna_live_") || strings.Contains(word, "klarna_test_") {
			word = secret.New(word).String()
		}
		b.WriteString(word)
		if rest != "" {
			b.WriteByte(rest[0])
			rest = rest[1:]
		}
		text = rest
	}
	return b.String()
}

// hide keeps the chain of err and cleans its text: net/http quotes what a broken server sent.
func (r reply) hide(err error) error {
	return &hiddenError{text: clean(r.scrub(err.Error()), maxPath), cause: err}
}

type hiddenError struct {
	text  string
	cause error
}

func (e *hiddenError) Error() string { return e.text }
func (e *hiddenError) Unwrap() error { return e.cause }
