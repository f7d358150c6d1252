// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"slices"
	"testing"

	"tillbridge/config"
	"tillbridge/internal/secret"
)

func TestChanges(t *testing.T) {
	second := "  - {id: lane-2, terminal_reference: T04, currency: EUR, till: {protocol: zvt, listen: \"tcp://127.0.0.1:2\"}}\n"
	base := eightLines + second
	for name, test := range map[string]struct {
		edit          func(c *config.Config)
		live, restart []string
	}{
		"nothing": {func(*config.Config) {}, nil, nil},
		"texts and times": {func(c *config.Config) {
			c.Deadlines.Waiting++
			c.Undelivered.After++
			c.Lanes[0].Display.Languages = []string{"en"}
			c.Lanes[1].Till.ZVT.DeadlineWithoutStatus++
		}, []string{
			"deadlines.waiting", "undelivered.after", "lanes[lane-1].display.languages", "lanes[lane-2].till.deadline_without_status",
		}, nil},
		"addresses": {func(c *config.Config) {
			c.HTTP.Listen = "127.0.0.1:1"
			c.Lanes[0].Till.Listen.Host = "127.0.0.1:1"
		}, nil, []string{"http.listen", "lanes[lane-1].till.listen"}},
		"a secret's content": {func(c *config.Config) {
			c.Klarna.APIKey = secret.New("other")
			c.Lanes[1].Till.ZVT.Password = secret.New("000000")
		}, nil, []string{"klarna.api_key_file", "lanes[lane-2].till.password"}},
		"another lane first": {func(c *config.Config) { slices.Reverse(c.Lanes) }, nil, nil},
		"a lane less":        {func(c *config.Config) { c.Lanes = c.Lanes[:1] }, nil, []string{"lanes[lane-2]"}},
		"a lane's new name":  {func(c *config.Config) { c.Lanes[0].ID = "front" }, nil, []string{"lanes[lane-1]", "lanes[front]"}},
	} {
		t.Run(name, func(t *testing.T) {
			old, updated := mustLoad(t, base), mustLoad(t, base)
			old.Klarna.APIKey, updated.Klarna.APIKey = secret.New("same"), secret.New("same")
			test.edit(&updated)
			live, restart := config.Changes(old, updated)
			if !slices.Equal(live, test.live) || !slices.Equal(restart, test.restart) {
				t.Errorf("Changes = %q, %q, want %q, %q", live, restart, test.live, test.restart)
			}
		})
	}
}
