// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// openLine makes a serial line, a pseudo-terminal (pty(7)): the till's end, and the path of the device
// that the daemon opens as its port.
func openLine() (till *os.File, device string, err error) {
	till, err = os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, "", fmt.Errorf("make a serial line: %w", err)
	}
	var number, unlock int32
	if err = errors.Join(control(till, syscall.TIOCGPTN, &number), control(till, syscall.TIOCSPTLCK, &unlock)); err != nil {
		return nil, "", errors.Join(fmt.Errorf("make a serial line: %w", err), till.Close())
	}
	return till, "/dev/pts/" + strconv.Itoa(int(number)), nil
}

// control makes one ioctl with an int argument (ioctl_tty(2)).
func control(f *os.File, request uintptr, arg *int32) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var errno syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(arg))) //nolint:gosec // ioctl takes a pointer
	})
	if err == nil && errno != 0 {
		err = errno
	}
	return err
}

// unheard: nobody has the device open now.
func unheard(err error) bool { return errors.Is(err, syscall.EIO) }
