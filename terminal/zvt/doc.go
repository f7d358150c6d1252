// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package zvt is the codec of the ZVT protocol between a till (ECR) and a payment terminal (PT), for
// both ends.
//
// Its layers, from the wire up:
//
//   - On a serial line each APDU travels in a block with a checksum and is answered by one byte:
//     AppendBlock and Receiver (ZVT PA00P016 §"RS-232").
//   - On TCP the bare APDUs follow each other: Cut and Write (PA00P016 §"TCP/IP").
//   - An APDU is a command of two bytes, a length and data: APDU, ParseAPDU (PA00P015 §"Basics").
//   - Its data are a message: Parse makes one of the structs of this package, Append its wire form.
//     Fields are named by one byte (BMP), and one of them, BMP 06, holds tagged objects: Container,
//     and ParseTLV for objects that Container does not know.
//
// Sources: ECR-Interface ZVT-Protocol PA00P015, revision 13.08 of 2018 (commands, fields, codes), and
// PA00P016, revision 04 of 2016 (transport), both published by terminalhersteller.de; numbers that
// came with revision 13.13 of 2025 say so; "ZVT-Präzisierung" of card complete, edition 22, for
// Austrian practice. Where tills in the field differ from the paper, the comment says how.
//
// What is read may be sloppy in ways that real tills are; what is written is strict: fields in the
// order of the specification's table, exact lengths, numbers that do not fit refused, texts cut at a
// character. Errors name the field and the offset, never a value. Card data are recognised and
// thrown away: a message only says that there were some.
//
// It is not a session: it opens no line, has no clock, keeps no registration and does not know what
// a payment is. A Receiver belongs to one goroutine; everything else may be called from any.
package zvt
