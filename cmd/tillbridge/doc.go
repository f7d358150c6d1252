// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Command tillbridge is the payment bridge: the daemon beside the till, a Klarna simulator, a till for
// the command line, and the tools that staff and integrators need.
//
// It is wiring: it reads the configuration, gives each part what it needs, starts them and stops them
// in order. What a payment may do is decided in the packages payment and engine.
package main
