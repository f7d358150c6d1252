// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"mime"
	"os"
	"path/filepath"

	"tillbridge/config"
	"tillbridge/display"
	"tillbridge/engine"
	"tillbridge/payment"
)

// screen hands the engine's scenes to the displays.
type screen struct{ hub *display.Hub }

func (s screen) Show(e engine.Scene) {
	s.hub.Show(e.Lane, display.Scene{Payment: e.Payment, Fresh: e.Fresh, Left: e.Left, Offline: e.Offline})
}

// expecting is Klarna as the engine reaches it: the code of an answer is encoded while the answer is made durable.
type expecting struct {
	engine.Provider

	hub *display.Hub
}

func (p expecting) Send(ctx context.Context, c engine.Call) engine.Answer {
	a := p.Provider.Send(ctx, c)
	if s, ok := a.(engine.StepUp); ok {
		p.hub.Expect(c.Payment.ID.Lane, s.Request.URL)
	}
	return a
}

// newHub makes the displays of all lanes. Their wishes go to the engine, which may refuse them.
func (d *daemon) newHub(cfg config.Config) (*display.Hub, error) {
	tokens, err := display.LoadTokens(filepath.Join(cfg.DataDir, keysFolder), laneIDs(cfg))
	if err != nil {
		return nil, fmt.Errorf("display tokens: %w", err)
	}
	return display.NewHub(display.Options{
		Tokens:  tokens,
		Hosts:   func() []string { return hostsOf(d.config.now(), d.options) },
		Origins: func() []string { return originsOf(d.config.now(), d.options) },
		Look:    d.look, Logo: d.logo, Version: version, FrameAncestors: d.options.demoOrigin, Log: d.log,
		Presence: func(lane payment.LaneID, connected bool) {
			n := 0
			if connected {
				n = 1
			}
			d.engine.Post(engine.ScreenSeen{Lane: lane, Screens: n})
		},
		MoreTime: func(id payment.ID) { d.engine.Post(engine.CustomerAsked{ID: id}) },
		Cancel:   func(id payment.ID) { d.engine.Post(engine.CustomerAsked{ID: id, Cancel: true}) },
	}), nil
}

func laneIDs(cfg config.Config) []payment.LaneID {
	ids := make([]payment.LaneID, 0, len(cfg.Lanes))
	for _, l := range cfg.Lanes {
		ids = append(ids, payment.LaneID(l.ID))
	}
	return ids
}

// displayOf is a lane's display settings as they are now.
func (d *daemon) displayOf(lane payment.LaneID) config.Display {
	for _, l := range d.config.now().Lanes {
		if l.ID == string(lane) {
			return l.Display
		}
	}
	return config.Display{}
}

func (d *daemon) look(lane payment.LaneID) display.Look {
	c := d.displayOf(lane)
	look := display.Look{
		Name: c.Name, Languages: c.Languages, Logo: c.LogoFile != "", MayCancel: c.MayCancel,
		Colours:    display.Colours{Background: c.Colours.Background, Text: c.Colours.Text, Accent: c.Colours.Accent},
		DistanceMM: c.DistanceMM, Dark: display.Hours(c.Dark),
	}
	if c.Sound == config.SoundOn {
		look.Volume = c.Volume
	}
	return look
}

// logo reads the operator's picture. One that cannot be read is left out; check names it.
func (d *daemon) logo(lane payment.LaneID) (string, []byte) {
	c := d.displayOf(lane)
	kind := mime.TypeByExtension(filepath.Ext(c.LogoFile))
	if c.LogoFile == "" || kind == "" {
		return "", nil
	}
	picture, err := os.ReadFile(c.LogoFile)
	if err != nil {
		d.log.Warn("logo not read", "lane", string(lane), "error", err)
		return "", nil
	}
	return kind, picture
}
