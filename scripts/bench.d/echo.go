// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"
)

// runEcho sends every line back as it came, over a socket or a serial device: the least that an answer costs.
func runEcho(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("echo", flag.ContinueOnError)
	network := f.String("network", "tcp", "tcp, unix or serial")
	at := f.String("at", "", "address, path or device")
	if err := f.Parse(args); err != nil {
		return errUsage
	}
	if *network == "serial" {
		port, err := serial.Open(*at, &serial.Mode{BaudRate: 115200})
		if err != nil {
			return fmt.Errorf("open %s: %w", *at, err)
		}
		fmt.Println("echo")
		return echo(port)
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, *network, *at)
	if err != nil {
		return err
	}
	fmt.Println("echo")
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		go func() { _ = echo(conn) }() // until the other side leaves
	}
}

func echo(rw io.ReadWriter) error {
	lines := bufio.NewReader(rw)
	for {
		line, err := lines.ReadSlice('\n')
		if err == nil {
			_, err = rw.Write(line)
		}
		if err != nil {
			return err
		}
	}
}

// openPTY opens a pseudo-terminal: the far end of a line, and the device that a program opens as its serial port.
func openPTY() (far *os.File, device string, err error) {
	if far, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0); err != nil {
		return nil, "", fmt.Errorf("no pseudo-terminal here: %w", err)
	}
	number, err := unix.IoctlGetInt(int(far.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(far.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		return nil, "", fmt.Errorf("pseudo-terminal: %w", err)
	}
	return far, fmt.Sprintf("/dev/pts/%d", number), unix.SetNonblock(int(far.Fd()), true)
}
