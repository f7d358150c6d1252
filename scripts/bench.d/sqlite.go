// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

//go:build sqlite

package main

import (
	"context"
	"database/sql"
	"path/filepath"

	_ "modernc.org/sqlite" // registers its driver
)

// addSQLite is SQLite with a write-ahead log. Only FULL is durable with each commit; NORMAL does not flush.
func (w *writers) addSQLite(n int) error {
	db, err := sql.Open("sqlite", filepath.Join(w.work, "sqlite.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return err
	}
	w.close = append(w.close, db.Close)
	db.SetMaxOpenConns(1)
	ctx := context.Background()
	if _, err = db.ExecContext(ctx, "create table records (seq integer primary key, value blob)"); err != nil {
		return err
	}
	put, err := db.PrepareContext(ctx, "insert into records (value) values (?)")
	if err != nil {
		return err
	}
	w.add("SQLite, WAL, synchronous=FULL", n, func() error {
		_, err := put.ExecContext(ctx, record())
		return err
	})
	return nil
}
