// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display

import (
	"time"

	"github.com/gorilla/websocket"
)

// Limits of the sockets. The page knows none of them; it comes back by itself.
const (
	perToken   = 4
	perAddress = 64
	inAll      = 512

	helloWait   = 5 * time.Second  // from the handshake to the token
	writeWait   = 5 * time.Second  // for a screen that does not read
	messageWait = 5 * time.Second  // from a message's first fragment to its last
	pingEvery   = 20 * time.Second // asked of the browser itself, not of the page
	silence     = 60 * time.Second // without any answer to that: nobody is there
	hang        = 75 * time.Second // without a word of a page that beats: its browser answers, the page does not
	stopWait    = time.Second      // for the goodbyes when the daemon stops

	// A screen may say framesBurst things at once and one more every frameEvery, pings included.
	framesBurst = 20
	frameEvery  = 200 * time.Millisecond

	wishEvery = time.Second // per lane, however many screens it has
)

// goodbye is why a socket ends.
type goodbye int

const (
	gone goodbye = iota // the screen left, or its line did
	stopping
	wrongToken
	tooMany
	flood
	notText
	binary
)

// code is the close code of RFC 6455 §7.4.1.
func (g goodbye) code() int {
	switch g {
	case gone, stopping:
		return websocket.CloseGoingAway
	case wrongToken, flood:
		return websocket.ClosePolicyViolation
	case tooMany:
		return websocket.CloseTryAgainLater
	case notText:
		return websocket.CloseInvalidFramePayloadData
	case binary:
		return websocket.CloseUnsupportedData
	}
	return websocket.CloseInternalServerErr
}

// String is for logs.
func (g goodbye) String() string {
	switch g {
	case gone:
		return "gone"
	case stopping:
		return "stopping"
	case wrongToken:
		return "wrong token"
	case tooMany:
		return "too many screens"
	case flood:
		return "too many messages"
	case notText:
		return "not UTF-8"
	case binary:
		return "binary message"
	}
	return "unknown"
}

// pace is a token bucket. The zero pace is full.
type pace struct {
	spent int
	last  time.Time
}

// allow takes one from the bucket, or reports that it is empty.
func (p *pace) allow(now time.Time) bool {
	refilled := int(now.Sub(p.last) / frameEvery)
	switch {
	case p.spent == 0 || refilled >= p.spent:
		p.spent, p.last = 0, now
	default:
		p.spent -= refilled
		p.last = p.last.Add(time.Duration(refilled) * frameEvery)
	}
	if p.spent >= framesBurst {
		return false
	}
	p.spent++
	return true
}
