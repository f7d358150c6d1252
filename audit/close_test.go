// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"tillbridge/audit"
)

func newKey(t *testing.T) audit.Key {
	t.Helper()
	k, err := audit.MakeKey(filepath.Join(t.TempDir(), "close.pem"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// close ends a day of b and returns its file.
func (b *ledger) close(k audit.Key, before audit.Sealed) []byte {
	b.t.Helper()
	j, err := b.Basis()
	if err != nil {
		b.t.Fatal(err)
	}
	span, err := j.Span(before)
	if err != nil {
		b.t.Fatal(err)
	}
	file, err := audit.Seal(j.Next(before, morning(), b.tally(span, "lane-1")), k)
	if err != nil {
		b.t.Fatal(err)
	}
	return file
}

func open(t *testing.T, file []byte) audit.Sealed {
	t.Helper()
	s, err := audit.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// week is three closes with sales between them.
func week(t *testing.T) (*ledger, audit.Key, [][]byte) {
	t.Helper()
	b, k := newLedger(t), newKey(t)
	var files [][]byte
	var before audit.Sealed
	for day := range 3 {
		b.sell(saleID("lane-1", day), 1610)
		if day == 2 {
			b.takeBack(saleID("lane-1", 0))
		}
		files = append(files, b.close(k, before))
		before = open(t, files[day])
	}
	return b, k, files
}

func TestClosesFollowEachOther(t *testing.T) {
	t.Parallel()
	b, k, files := week(t)
	done, err := audit.Check(files, k.Public(), b)
	if err != nil {
		t.Fatal(err)
	}
	if done.Closes != 3 || done.Last.Close.Day != "2026-11-20" || !bytes.Equal(done.Key, k.Public()) {
		t.Errorf("Check = %+v", done)
	}
	want := []audit.LaneTotals{{Lane: "lane-1", Sums: []audit.Sums{{Currency: "EUR", Sales: 1, SaleSum: 1610, Reversals: 1, ReversalSum: 1610}}}}
	if got := done.Last.Close.Lanes; !reflect.DeepEqual(got, want) {
		t.Errorf("the third close says %+v, want %+v", got, want)
	}
	if got := done.Last.Close; got.Number != 3 || got.Last != b.seq || got.First != open(t, files[1]).Close.Last+1 {
		t.Errorf("the third close is %+v", got)
	}
	// A day on which nothing happened has a close, too, and an auditor may lay the files out as he likes.
	empty := b.close(k, done.Last)
	if c := open(t, empty).Close; c.First != c.Last+1 {
		t.Errorf("the empty day counts records %d to %d", c.First, c.Last)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, empty, "", "  "); err != nil {
		t.Fatal(err)
	}
	if _, err := audit.Check(append(files, pretty.Bytes()), nil, b); err != nil {
		t.Errorf("with an empty day: %v", err)
	}
}

// TestTamperingIsNamed: whatever somebody changes in the closes or in the journal, the first close that it
// shows in is named.
func TestTamperingIsNamed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		tamper func(t *testing.T, b *ledger, k audit.Key, files [][]byte) [][]byte
		number int
		why    string
	}{
		"a sum is changed in a file": {func(_ *testing.T, _ *ledger, _ audit.Key, f [][]byte) [][]byte {
			f[1] = bytes.Replace(f[1], []byte("1610"), []byte("1611"), 1)
			return f
		}, 2, "the signature is wrong"},
		"a file is taken out": {func(_ *testing.T, _ *ledger, _ audit.Key, f [][]byte) [][]byte {
			return [][]byte{f[0], f[2]}
		}, 2, "close 3 lies in its place"},
		"the first files are taken out": {func(_ *testing.T, _ *ledger, _ audit.Key, f [][]byte) [][]byte { return f[1:] }, 1, "close 2 lies in its place"},
		"a file is there twice": {func(_ *testing.T, _ *ledger, _ audit.Key, f [][]byte) [][]byte {
			return [][]byte{f[0], f[0]}
		}, 2, "close 1 lies in its place"},
		"a day is signed again with other figures": {func(t *testing.T, _ *ledger, k audit.Key, f [][]byte) [][]byte {
			t.Helper()
			c := open(t, f[1]).Close
			c.Lanes[0].Sums[0].SaleSum--
			f[1], _ = audit.Seal(c, k)
			return f
		}, 2, "its totals are not those of its records"},
		"all days are signed again by somebody else": {func(t *testing.T, _ *ledger, _ audit.Key, f [][]byte) [][]byte {
			t.Helper()
			f[0], _ = audit.Seal(open(t, f[0]).Close, newKey(t))
			return f
		}, 1, "it is signed by another key"},
		"a day is replaced by one of the right key": {func(t *testing.T, _ *ledger, k audit.Key, f [][]byte) [][]byte {
			t.Helper()
			c := open(t, f[0]).Close
			c.Day = "2026-11-19"
			f[0], _ = audit.Seal(c, k)
			return f
		}, 2, "it does not follow the close before"},
		"records are counted twice": {func(t *testing.T, _ *ledger, k audit.Key, f [][]byte) [][]byte {
			t.Helper()
			c := open(t, f[1]).Close
			c.First--
			f[1], _ = audit.Seal(c, k)
			return f
		}, 2, "it counts records that the close before has counted"},
		"the newest records are cut off": {func(_ *testing.T, b *ledger, _ audit.Key, f [][]byte) [][]byte {
			b.seq--
			return f
		}, 3, "records are missing"},
		"a record is not the one that was closed": {func(t *testing.T, _ *ledger, k audit.Key, f [][]byte) [][]byte {
			t.Helper()
			c := open(t, f[0]).Close
			c.Head = "hash of another"
			f[0], _ = audit.Seal(c, k)
			return f
		}, 1, "is not the one that it was signed over"},
		"the closes are of another journal": {func(t *testing.T, _ *ledger, k audit.Key, f [][]byte) [][]byte {
			t.Helper()
			c := open(t, f[0]).Close
			c.Epoch = "OTHER"
			f[0], _ = audit.Seal(c, k)
			return f
		}, 1, "it is about another journal"},
		"a file is garbage": {func(_ *testing.T, _ *ledger, _ audit.Key, f [][]byte) [][]byte {
			f[2] = []byte("{}")
			return f
		}, 3, "close: "},
	}
	for name, tt := range tests {
		b, k, files := week(t)
		done, err := audit.Check(tt.tamper(t, b, k, files), k.Public(), b)
		wrong, ok := errors.AsType[*audit.CloseError](err)
		if !ok || wrong.Number != tt.number || !strings.Contains(wrong.Why, tt.why) || done.Closes != tt.number-1 {
			t.Errorf("%s: Check = %d closes, %v; want close %d: %s", name, done.Closes, err, tt.number, tt.why)
		}
	}
}

// TestRetentionTakesTheRecordsAndLeavesTheCloses: what they stand for can then only be told by their hashes.
func TestRetentionTakesTheRecordsAndLeavesTheCloses(t *testing.T) {
	t.Parallel()
	b, k := newLedger(t), newKey(t)
	var files [][]byte
	var before audit.Sealed
	for day := range 3 {
		b.sell(saleID("lane-1", 2*day), 1610)
		b.sell(saleID("lane-1", 2*day+1), 1610)
		files = append(files, b.close(k, before))
		before = open(t, files[day])
	}
	for n := range 5 { // in the end, in the middle of the third day
		life := b.lives[saleID("lane-1", n)]
		b.removed = life[len(life)-1].Seq
		delete(b.lives, saleID("lane-1", n))
		if done, err := audit.Check(files, k.Public(), b); err != nil || done.Closes != 3 {
			t.Errorf("after %d sales were removed: %d closes, %v", n+1, done.Closes, err)
		}
	}
}

// TestAnOlderJournalIsNotClosed, row 57: a restored copy would count again what was counted.
func TestAnOlderJournalIsNotClosed(t *testing.T) {
	t.Parallel()
	b, _, files := week(t)
	b.seq--
	j, err := b.Basis()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Span(open(t, files[2])); err == nil || !strings.Contains(err.Error(), "older copy") {
		t.Errorf("Span = %v, want a refusal", err)
	}
}

func TestTheKeyIsMadeOnceAndKept(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "close.pem")
	first, err := audit.MakeKey(file)
	if err != nil {
		t.Fatal(err)
	}
	again, err := audit.MakeKey(file)
	if err != nil || !bytes.Equal(first.Public(), again.Public()) {
		t.Errorf("MakeKey again = %v, another key: %t", err, !bytes.Equal(first.Public(), again.Public()))
	}
	if entries, unread := os.ReadDir(filepath.Dir(file)); unread != nil || len(entries) != 1 {
		t.Errorf("%d files lie there, %v", len(entries), unread)
	}
	info, err := os.Stat(file)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
	public, err := audit.ParsePublic(audit.FormatPublic(first.Public()))
	if err != nil || !bytes.Equal(public, first.Public()) {
		t.Errorf("ParsePublic(FormatPublic) = %v", err)
	}
}

func TestAKeyThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("files have no modes")
	}
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	if _, err := audit.MakeKey(good); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		text []byte
		mode os.FileMode
	}{
		"row 66: others can read it": {text, 0o644},
		"row 66: it is empty":        {nil, 0o600},
		"it is no key":               {[]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), 0o600},
		"something follows it":       {append(bytes.Clone(text), text...), 0o600},
		"it is large":                {bytes.Repeat(text, 100), 0o600},
	}
	for name, tt := range tests {
		file := filepath.Join(dir, "bad")
		if err := os.WriteFile(file, tt.text, tt.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, tt.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := audit.MakeKey(file); err == nil {
			t.Errorf("%s: it was taken", name)
		} else if strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
}
