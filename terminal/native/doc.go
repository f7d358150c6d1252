// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package native is the codec of the native till protocol: one JSON object per line, in both
// directions, for both ends.
//
// A line is UTF-8, at most MaxLine bytes, and ends with LF (CR LF is accepted). An empty line means
// nothing. A line may carry a checksum: an asterisk and two hexadecimal digits behind the object, the
// exclusive or of all bytes before the asterisk, as NMEA 0183 does between its marks. Whoever gets
// checksums answers with them:
//
//	{"type":"ping","n":1}*7d
//
// Money is an integer in minor units (ISO 4217), never a decimal, never text. Unknown members are
// ignored; a member that appears twice, at any depth, is refused, because two readers of such a line
// may see two amounts. Errors name the member and the offset, never the value.
//
// It is not a session: it reads no stream, keeps no state, has no clock, and does not know what a
// payment is. All functions may be called from any goroutine.
package native
