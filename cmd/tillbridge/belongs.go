// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"strings"

	"tillbridge/config"
	"tillbridge/store"
)

// ownerNote names the note that says whose payments a journal holds: Klarna's environment and, on a second line, the
// account.
const ownerNote = "klarna"

// belongs returns what speaks against serving cfg from this journal. Payments of one environment mean nothing in another
// one, and would spoil its books; those of another account can be ended, and given back, by nobody but that account.
func belongs(j *store.Journal, cfg config.Config) error {
	note, found, err := j.Note(ownerNote)
	if err != nil || !found {
		return err
	}
	environment, account, _ := strings.Cut(string(note), "\n")
	k := cfg.Klarna
	if environment != string(k.Environment) {
		return fmt.Errorf("the journal in %s holds payments of klarna.environment %s, and the configuration says %s: "+
			"give this one a data_dir of its own, or set klarna.environment back", cfg.DataDir, environment, k.Environment)
	}
	if account == k.AccountID {
		return nil
	}
	charged, err := j.Charged()
	if err != nil {
		return err
	}
	if charged {
		return fmt.Errorf("the journal in %s holds sales of klarna.account_id %q, which no other account can give back, and the configuration says %q: "+
			"set it back, or give this one a data_dir of its own", cfg.DataDir, account, k.AccountID)
	}
	open, err := j.Unfinished()
	if err != nil || len(open) == 0 {
		return err
	}
	return fmt.Errorf("the journal in %s has %d unfinished payments of klarna.account_id %q, and the configuration says %q: "+
		"set it back until they have ended (tillbridge attention list names those that need a person), or give this one a data_dir of its own",
		cfg.DataDir, len(open), account, k.AccountID)
}

// claim notes that a journal belongs to cfg, unless it does not. A damaged one is only read, and so is one that does not
// say any more whose it is.
func claim(j *store.Journal, cfg config.Config) error {
	if j.Damage() != nil {
		return nil //nolint:nilerr // Damage goes on saying it
	}
	err := belongs(j, cfg)
	if damage, ok := errors.AsType[*store.DamageError](err); ok {
		j.Distrust(damage)
		return nil
	}
	if err != nil {
		return err
	}
	return j.SetNote(ownerNote, []byte(string(cfg.Klarna.Environment)+"\n"+cfg.Klarna.AccountID))
}
