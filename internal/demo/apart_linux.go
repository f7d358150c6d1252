// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import "syscall"

// apart keeps Ctrl-C from reaching the processes before we stop them in order. If we are killed, the
// system ends them (prctl(2), PR_SET_PDEATHSIG).
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
