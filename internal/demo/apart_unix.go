// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !linux

package demo

import "syscall"

// apart keeps Ctrl-C from reaching the processes before we stop them in order.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
