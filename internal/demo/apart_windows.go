// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import "syscall"

// apart keeps Ctrl-C from reaching the processes before we stop them in order.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
