// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package terminal is the till side: it serves the links of a lane over any byte stream, and the same
// messages over HTTP.
//
// A Server serves one lane in one Protocol over serial lines, TCP and unix sockets. What a till says
// becomes a payment.Ask, what the Bridge answers (payment.Word) becomes the till's language. NewHTTP
// serves the native messages as a handler for a listener of somebody else's. NewZVT is the Protocol of a
// till that speaks ZVT and takes us for a card terminal. Dial, LineTill, WebTill and ZVTTill are the
// till's own end.
//
// It decides nothing about money: whether a payment is accepted, cancelled or acknowledged is the
// Bridge's word alone. It keeps nothing across a link but the manners that a serial or ZVT till asked for. It
// never makes a bridge wait: a till that does not read is cut off, and comes back by itself.
//
// All methods may be called concurrently. Every goroutine of a Run or Serve has ended when it returns.
package terminal
