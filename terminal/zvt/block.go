// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

// Control characters of the serial line. ZVT PA00P016, RS-232.
const (
	STX byte = 0x02
	ETX byte = 0x03
	ACK byte = 0x06
	DLE byte = 0x10
	NAK byte = 0x15
)

// kermit is x^16+x^12+x^5+1, reflected. The paper calls the sum XMODEM, but every till and every
// terminal computes CRC-16/KERMIT, whose check value of "123456789" is 2189.
const kermit = 0x8408

// Checksum is the sum of a block: over the APDU as it is before doubling, and the ETX behind it. The
// low byte travels first.
func Checksum(apdu []byte) uint16 {
	var crc uint16
	for _, c := range apdu {
		crc = sum(crc, c)
	}
	return sum(crc, ETX)
}

func sum(crc uint16, c byte) uint16 {
	crc ^= uint16(c)
	for range 8 {
		if crc&1 != 0 {
			crc = crc>>1 ^ kermit
		} else {
			crc >>= 1
		}
	}
	return crc
}

// AppendBlock appends apdu as one serial block: DLE STX, every DLE of the APDU twice, DLE ETX and the
// sum, whose two bytes are never doubled. Hand it to the line in one write.
func AppendBlock(dst, apdu []byte) []byte {
	dst = append(dst, DLE, STX)
	for _, c := range apdu {
		if c == DLE {
			dst = append(dst, DLE)
		}
		dst = append(dst, c)
	}
	crc := Checksum(apdu)
	return append(dst, DLE, ETX, byte(crc), byte(crc>>8))
}
