// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"tillbridge/store"
)

func openNotes(t *testing.T, path string) *store.Journal {
	t.Helper()
	j, err := store.Open(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestNotesSurviveTheProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	j := openNotes(t, path)
	if v, found, err := j.Note("zvt/lane-1/registration"); found || err != nil {
		t.Errorf("Note of nothing = %q, %t, %v", v, found, err)
	}
	for _, v := range []string{"first", "second", ""} {
		if err := j.SetNote("zvt/lane-1/registration", []byte(v)); err != nil {
			t.Fatalf("SetNote(%q): %v", v, err)
		}
	}
	if err := j.SetNote("other", []byte{0, 1, 2}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = openNotes(t, path)
	defer j.Close() //nolint:errcheck // nothing is written any more
	if v, found, err := j.Note("zvt/lane-1/registration"); !found || err != nil || len(v) != 0 {
		t.Errorf("Note = %q, %t, %v; want the last, empty one", v, found, err)
	}
	if v, found, err := j.Note("other"); !found || err != nil || !bytes.Equal(v, []byte{0, 1, 2}) {
		t.Errorf("Note = %q, %t, %v", v, found, err)
	}
	if err := j.Verify(t.Context(), nil); err != nil {
		t.Errorf("Verify: %v", err)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := j.Snapshot(copied); err != nil {
		t.Fatal(err)
	}
	s, err := store.OpenReadOnly(copied, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // read only
	if _, found, err := s.Note("other"); !found || err != nil {
		t.Errorf("a snapshot's Note is found %t, %v", found, err)
	}
}

func TestANoteThatDoesNotFitStopsNothing(t *testing.T) {
	t.Parallel()
	j := openNotes(t, filepath.Join(t.TempDir(), "journal.db"))
	defer j.Close() //nolint:errcheck // a test
	if err := j.SetNote("large", make([]byte, 4<<10+1)); err == nil {
		t.Error("a note of more than 4 KiB was taken")
	}
	if err := j.SetNote("", nil); err == nil {
		t.Error("a note without a name was taken")
	}
	if err := j.SetNote("small", make([]byte, 4<<10)); err != nil {
		t.Errorf("after a refusal: %v", err)
	}
}

// Notes that belong together are kept together or not at all.
func TestNotesAreKeptTogether(t *testing.T) {
	t.Parallel()
	j := openNotes(t, filepath.Join(t.TempDir(), "journal.db"))
	defer j.Close() //nolint:errcheck // a test
	if err := j.SetNotes(store.Note{Name: "a", Value: []byte("1")}, store.Note{Name: "b", Value: make([]byte, 4<<10+1)}); err == nil {
		t.Error("a note that is too large was taken")
	}
	if _, found, err := j.Note("a"); found || err != nil {
		t.Errorf("the note beside it is there: %t, %v", found, err)
	}
	if err := j.SetNotes(store.Note{Name: "a", Value: []byte("2")}, store.Note{Name: "b"}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "2", "b": ""} {
		if v, found, err := j.Note(name); !found || err != nil || string(v) != want {
			t.Errorf("note %s is %q, %t, %v", name, v, found, err)
		}
	}
}
