// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"fmt"
	"strconv"
)

// minToken is the shortest till token in characters: 128 bits in base64 without padding.
const minToken = 22

func (l *loader) checkLanes(c *Config) {
	switch {
	case len(l.lanes) == 0 && !l.failed("lanes"):
		l.refuse("lanes", "", refusal{what: "missing", expected: "at least one lane"})
	case len(l.lanes) > maxLanes:
		l.refuse("lanes", "", refusal{what: strconv.Itoa(len(l.lanes)) + " of them", expected: fmt.Sprintf("at most %d lanes", maxLanes)})
	}
	first := make(map[string]string)
	for i := range c.Lanes {
		lane, at := &c.Lanes[i], fmt.Sprintf("lanes[%d].", i)
		if before, twice := first[lane.ID]; twice {
			l.refuse(at+"id", lane.ID, refusal{what: "also the id of " + before + l.onLine(before+".id"), expected: "an id of its own"})
		} else if lane.ID != "" {
			first[lane.ID] = fmt.Sprintf("lanes[%d]", i)
		}
		l.checkAck(lane.Till, at)
		l.checkToken(lane.Till, at, c.HTTP)
		l.checkZVT(&lane.Till, at)
		l.checkColours(lane.Display.Colours, at)
	}
}

// checkAck: a byte that was written to a serial line has reached nobody yet.
func (l *loader) checkAck(t Till, at string) {
	if t.Ack == AckOnWrite && t.Listen.Scheme == SchemeSerial {
		l.refuse(at+"till.ack", string(t.Ack), refusal{what: "proves nothing on a serial line", expected: string(AckConfirm)})
	}
}

// checkToken wants a token and TLS wherever another machine can pose as the till. ZVT has neither,
// so a ZVT lane for other machines takes the same plain word as a display.
func (l *loader) checkToken(t Till, at string, h HTTP) {
	listen, token := at+"till.listen", at+"till.token_file"
	if l.failed(listen, token, "http.listen", "http.tls_cert_file") {
		return
	}
	remote := !t.Listen.Local()
	switch {
	case !t.Token.Empty() && len(t.Token.Reveal()) < minToken:
		l.refuse(token, t.TokenFile, refusal{what: "the token is short", expected: fmt.Sprintf("at least %d characters", minToken)})
	case remote && t.Protocol == ProtocolZVT && !h.AllowPlainLAN:
		l.refuse(listen, t.Listen.String(), refusal{what: "other machines can reach it", expected: "a loopback address, or http.allow_plain_lan: true"})
	case remote && t.Protocol == ProtocolNative && !h.TLS():
		l.refuse(listen, t.Listen.String(), refusal{what: "other machines can reach it", expected: "a loopback address, or http.tls_cert_file and a token"})
	case remote && t.Protocol == ProtocolNative && t.Token.Empty():
		l.refuse(token, "", refusal{what: "missing", expected: "a token file, as other machines can reach " + t.Listen.String()})
	case h.TLS() && !loopback(h.Listen) && t.Token.Empty():
		l.refuse(token, "", refusal{what: "missing", expected: "a token file, as other machines can reach http.listen " + h.Listen})
	}
}

// checkZVT keeps the keys of ZVT to ZVT.
func (l *loader) checkZVT(t *Till, at string) {
	if t.Protocol == ProtocolZVT {
		if t.Listen.Scheme == SchemeSerial && t.Listen.Bits != 8 {
			l.refuse(at+"till.listen", t.Listen.String(), refusal{expected: "bits=8 for ZVT"}) // PA00P015 §1.1
		}
		return
	}
	for _, s := range t.ZVT.settings() {
		if t.Protocol != "" && l.given(at+s.key) {
			l.refuse(at+s.key, "", refusal{what: "only for till.protocol: zvt", expected: "no such key here"})
		}
	}
	t.ZVT = ZVT{}
}

// minContrast is what small text needs to be read (WCAG 2.2, 1.4.3).
const minContrast = 4.5

// The page's own colours, which stand in for the one that is not set.
const (
	pageBackground = "#f7f5f0"
	pageText       = "#13202b"
)

func (l *loader) checkColours(c Colours, at string) {
	if l.failed(at+"display.colours.background", at+"display.colours.text") {
		return
	}
	c.Background, c.Text = cmp.Or(c.Background, pageBackground), cmp.Or(c.Text, pageText)
	if got := contrast(c.Background, c.Text); got < minContrast {
		l.refuse(at+"display.colours.text", c.Text, refusal{
			what: fmt.Sprintf("contrast %.1f to the background", got), expected: fmt.Sprintf("at least %.1f", minContrast),
		})
	}
}
