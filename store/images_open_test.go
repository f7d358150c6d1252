// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"tillbridge/payment"
	"tillbridge/store"
)

// imageTime bounds one opening, one verification: on a broken page bbolt can run for ever.
const imageTime = 20 * time.Second

// opener is one place where images are put and opened, one after the other.
type opener struct {
	t      *testing.T
	folder string
	path   string
	number int
	buf    []byte
	epoch  string
	names  names
	goOn   int // images until the next one after which the shop goes on
}

// goOnEvery is after how many images the journal is not only read but used on.
const goOnEvery = 16

// move takes a new path, because something may still hold the old one.
func (o *opener) move() {
	if o.path != "" {
		_ = os.RemoveAll(filepath.Dir(o.path))
	}
	o.number++
	o.path = filepath.Join(o.folder, fmt.Sprint(o.number), "journal.db")
	must(o.t, os.MkdirAll(filepath.Dir(o.path), 0o700))
	sparseReserve(o.t, o.path)
}

// try builds one image of a cut, opens it, and holds what it answers against the model.
func (o *opener) try(c *cut, keep fate, random *rand.Rand) (seen bool, err error) {
	o.buf = apply(o.buf, c.base, c.writes, keep)
	image, leftover := o.buf, ""
	if c.left {
		image, leftover = c.beside, o.path+".new-42"
		put(o.t, leftover, o.buf)
	}
	put(o.t, o.path, image)
	o.witness(c.marks, random)
	if c.lies {
		models := []*model{c.is, c.was}
		for _, s := range c.earlier {
			models = append(models, s.now)
		}
		return o.damagedOrTrue(models)
	}
	if err = o.sound(c, c.expected(keep)); err == nil && leftover != "" {
		if _, there := os.Lstat(leftover); there == nil {
			err = errors.New("what the compaction left is still there")
		}
	}
	return false, err
}

// witness puts what may lie beside the journal: no flush orders it, so that it is as old as it likes.
func (o *opener) witness(marks []store.Mark, random *rand.Rand) {
	newest := len(marks) - 1
	text := []byte(store.WitnessText(o.epoch, marks[max(0, newest-random.IntN(2)*random.IntN(len(marks)))]))
	switch random.IntN(8) {
	case 0:
		_ = os.Remove(o.path + ".head")
		return
	case 1:
		text = nil
	case 2:
		text = make([]byte, len(text))
	case 3:
		at := random.IntN(len(text))
		copy(text[at:], store.WitnessText(o.epoch, marks[random.IntN(len(marks))])[at:])
	}
	put(o.t, o.path+".head", text)
}

// sound wants exactly m, and not a word of damage.
func (o *opener) sound(c *cut, m *model) error {
	j, err := store.Open(o.path, store.Options{OpenTimeout: imageTime})
	if err != nil {
		return err
	}
	if err = j.Damage(); err == nil {
		err = o.holds(j, m)
	}
	if err == nil {
		err = o.verified(j)
	}
	if o.goOn--; err == nil && o.goOn < 0 && m == c.was && c.commit != nil {
		o.goOn = goOnEvery
		if err = j.Commit(*c.commit); err == nil {
			err = o.holds(j, c.is)
		}
		if err == nil {
			err = o.verified(j)
		}
		if err != nil {
			err = fmt.Errorf("after going on: %w", err)
		}
	}
	return errors.Join(err, j.Close())
}

func (o *opener) verified(j *store.Journal) error {
	ctx, stop := context.WithTimeout(o.t.Context(), imageTime)
	defer stop()
	return j.Verify(ctx, nil)
}

// payments compares every answer about payments with the model.
func (o *opener) payments(j *store.Journal, m *model) error {
	head, err := j.Head()
	if err != nil || head != m.head {
		return fmt.Errorf("Head() = record %d, %w, want record %d", head.Seq, err, m.head.Seq)
	}
	return agree(j, m.truth, m.order)
}

// holds compares every answer with the model.
func (o *opener) holds(j *store.Journal, m *model) error {
	if err := o.payments(j, m); err != nil {
		return err
	}
	for k := range o.names.blobs {
		want, there := m.blobs[k]
		got, ok, err := j.Blob(k)
		if err != nil || ok != there || !reflect.DeepEqual(got, want) {
			return fmt.Errorf("Blob(%s) = %+v, %t, %w, want %+v", k, got, ok, err, want)
		}
	}
	for _, event := range o.names.events {
		known, err := j.Knows(event, morning())
		if want := slices.Contains(m.events, event); err != nil || known != want {
			return fmt.Errorf("Knows(%s) = %t, %w, want %t", event, known, err, want)
		}
	}
	return nil
}

// damagedOrTrue is for images that no honest disk leaves: whatever is answered must have been true once,
// damage that is known must stop all writing, and what nobody notices must be one of the models whole.
func (o *opener) damagedOrTrue(models []*model) (seen bool, err error) {
	j, err := store.Open(o.path, store.Options{OpenTimeout: imageTime / 4})
	if err != nil {
		return true, nil // refused: nothing can be acted upon
	}
	defer func() { _ = j.Close() }() // it may be broken in any way
	if err = o.untrue(j, models); err != nil {
		return false, err
	}
	if known := j.Damage(); known != nil {
		return true, refuses(j)
	}
	if o.verified(j) != nil {
		return true, nil
	}
	for _, m := range models {
		// Bytes that are missing are missed when they are wanted, and an event is only a hint.
		not := o.payments(j, m)
		if not == nil {
			return false, nil
		}
		err = errors.Join(err, not)
	}
	return false, fmt.Errorf("nobody sees that it holds none of its states: %w", err)
}

// refuses reports a journal that knows of its damage and would be written to.
func refuses(j *store.Journal) error {
	first := payment.ID{Lane: "lane-1", Till: "after the damage"}
	after, _, err := payment.Step(payment.Payment{ID: first}, asked(first))
	if err != nil {
		return err
	}
	err = j.Commit(payment.Commit{Records: []payment.Record{{At: morning(), Event: asked(first), After: after}}})
	if _, ok := errors.AsType[*store.DamageError](err); !ok {
		return fmt.Errorf("Commit to a damaged journal = %w", err)
	}
	if j.Room() == nil {
		return errors.New("a damaged journal has room for new sales")
	}
	if _, ok, err := j.Find(id("lane-1", 4711)); ok || err == nil {
		return fmt.Errorf("Find(unknown) in a damaged journal = %t, want an error: it may have been there", ok)
	}
	return nil
}

// untrue returns an answer that was never true. No answer is not untrue, and neither is one that is old
// news, as long as somebody sees that it is.
func (o *opener) untrue(j *store.Journal, models []*model) error {
	for id, was := range o.names.lives {
		got, ok, err := j.Find(id)
		switch {
		case err != nil:
		case ok && slices.ContainsFunc(was, func(p payment.Payment) bool { return reflect.DeepEqual(p, got) }):
		case !ok && slices.ContainsFunc(models, func(m *model) bool { return m.truth[id].Version == 0 }):
		default:
			return fmt.Errorf("%w: Find(%s) = %+v, %t", errUntrue, id, got, ok)
		}
	}
	for k, want := range o.names.blobs {
		if got, ok, err := j.Blob(k); err == nil && ok && !reflect.DeepEqual(got, want) {
			return fmt.Errorf("%w: Blob(%s) = %+v", errUntrue, k, got)
		}
	}
	return nil
}
