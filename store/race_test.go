// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

//go:build race

package store_test

// raceDetector says whether this test binary watches for data races.
const raceDetector = true
