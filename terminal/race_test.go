// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

//go:build race

package terminal_test

const underRace = true
