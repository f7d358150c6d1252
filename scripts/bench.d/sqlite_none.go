// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !sqlite

package main

// addSQLite: SQLite takes minutes to compile, so it is only there where it is measured.
func (w *writers) addSQLite(int) error { return nil }
