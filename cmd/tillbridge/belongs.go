// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"

	"tillbridge/config"
	"tillbridge/store"
)

// ownerNote names the note that says whose payments a journal holds: Klarna's environment and, on a second line, the
// account.
const ownerNote = "klarna"

// belongs returns what speaks against serving cfg from this journal. Payments of one environment mean nothing in another
// one, and would spoil its books; those of another account can be ended by nobody but that account.
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
	open, err := j.Unfinished()
	if err != nil || len(open) == 0 {
		return err
	}
	return fmt.Errorf("the journal in %s has %d unfinished payments of klarna.account_id %q, and the configuration says %q: "+
		"set it back until they have ended (tillbridge attention list names those that need a person), or give this one a data_dir of its own",
		cfg.DataDir, len(open), account, k.AccountID)
}

// claim notes that a journal belongs to cfg, unless it does not.
func claim(j *store.Journal, cfg config.Config) error {
	if err := belongs(j, cfg); err != nil {
		return err
	}
	return j.SetNote(ownerNote, []byte(string(cfg.Klarna.Environment)+"\n"+cfg.Klarna.AccountID))
}
