// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminaltest

import (
	"os"
	"strconv"
	"syscall"
	"testing"
	"unsafe"
)

// OpenPTY opens a pseudo-terminal: the far end of a line, and the path of the device that a program
// opens as its serial port. The test is skipped where there are none.
func OpenPTY(t *testing.T) (far *os.File, device string) {
	t.Helper()
	far, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminal here: %v", err)
	}
	t.Cleanup(func() { _ = far.Close() }) // the test may have closed it
	var number, unlock int32
	control(t, far, syscall.TIOCGPTN, &number)
	control(t, far, syscall.TIOCSPTLCK, &unlock)
	return far, "/dev/pts/" + strconv.Itoa(int(number))
}

// control makes one ioctl with an int argument (ioctl_tty(2)).
func control(t *testing.T, f *os.File, request uintptr, arg *int32) {
	t.Helper()
	raw, err := f.SyscallConn()
	if err != nil {
		t.Fatalf("pseudo-terminal: %v", err)
	}
	var errno syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(arg))) //nolint:gosec // ioctl takes a pointer
	})
	if err != nil || errno != 0 {
		t.Fatalf("pseudo-terminal: control %#x: %v, %v", request, err, errno)
	}
}
