// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import "testing"

func TestNetworkSharesAreKnown(t *testing.T) {
	tests := map[string]struct {
		magic uint32
		want  string
	}{
		"row 59: NFS":  {0x6969, "NFS"},
		"row 59: SMB":  {0x517B, "SMB"},
		"row 59: CIFS": {0xFF534D42, "SMB"},
		"row 59: SMB2": {0xFE534D42, "SMB"},
		"ext4":         {0xEF53, ""},
		"tmpfs":        {0x01021994, ""},
		"overlay":      {0x794C7630, ""},
	}
	for name, tt := range tests {
		if got := shareName(tt.magic); got != tt.want {
			t.Errorf("%s: ShareName(%#x) = %q, want %q", name, tt.magic, got, tt.want)
		}
	}
}
