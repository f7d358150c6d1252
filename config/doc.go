// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package config turns the file, the environment and the secret files into one validated Config.
//
// Load reports every problem of a file at once, each with its line, and after Load nobody checks
// again. What a key is called, what it holds, what it is when nobody says so and whether a change
// of it needs a restart stands in one table, settings.go; what two keys say about each other stands
// in the rules files. Viper lays the environment over the file over the defaults and is not seen
// outside; the lines come from the yaml nodes.
//
// The package opens no port and no device, watches nothing, and does not make the data folder.
// Secrets come from files (or systemd credentials) alone, never from the environment.
//
// All functions may be called concurrently. A Config is a plain value; its slices are not to be
// written to once it is shared.
package config
