// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// Errors of an address to listen on.
var (
	ErrNotLoopback = errors.New("other machines could reach it: a loopback address, or --lan")
	ErrNoNetwork   = errors.New("no address in a local network was found: name one with --listen")
)

// Address is where the demo listens and by which host its pages and codes name it.
type Address struct {
	Bind string // host:port
	Host string // an IP address that browsers use
}

// ParseAddress reads host:port. Without lan only this machine may reach it. With lan, a loopback host
// stands for the machine's own address in the local network, so that no other network gets in by
// accident; a host such as 0.0.0.0 opens all of them, and the codes name that one.
func ParseAddress(listen string, lan bool) (Address, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return Address{}, fmt.Errorf("listen address %q: expected host:port, such as 127.0.0.1:8580", listen)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil && host != "" {
		return Address{}, fmt.Errorf("listen address %q: expected an IP address and a port", listen)
	}
	own := ip.Unmap().IsLoopback()
	switch {
	case !lan && !own:
		return Address{}, fmt.Errorf("listen address %q: %w", listen, ErrNotLoopback)
	case !lan:
		return Address{net.JoinHostPort(ip.String(), port), ip.String()}, nil
	case !own && ip.IsValid() && !ip.IsUnspecified():
		return Address{net.JoinHostPort(ip.String(), port), ip.String()}, nil
	}
	near, err := lanAddress()
	if err != nil {
		return Address{}, err
	}
	if own {
		return Address{net.JoinHostPort(near.String(), port), near.String()}, nil
	}
	return Address{net.JoinHostPort(host, port), near.String()}, nil
}

// lanAddress is this machine's address towards the network: the one that its default route leaves
// from, or else the first private one.
func lanAddress() (netip.Addr, error) {
	if ip, ok := routed(); ok {
		return ip, nil
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return netip.Addr{}, fmt.Errorf("look for the local network: %w", err)
	}
	for _, a := range all {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && nearby(prefix.Addr()) {
			return prefix.Addr(), nil
		}
	}
	return netip.Addr{}, ErrNoNetwork
}

// routed asks the system which address it would send from. A datagram socket that is connected sends
// nothing, and nobody has the address (RFC 5737, TEST-NET-1).
func routed() (netip.Addr, bool) {
	conn, err := net.DialUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9})
	if err != nil {
		return netip.Addr{}, false
	}
	defer func() { _ = conn.Close() }() // nothing was written
	from, ok := conn.LocalAddr().(*net.UDPAddr)
	if !ok {
		return netip.Addr{}, false
	}
	ip := from.AddrPort().Addr().Unmap()
	return ip, nearby(ip)
}

// nearby reports whether ip is one of a local network (RFC 1918).
func nearby(ip netip.Addr) bool { return ip.Is4() && ip.IsPrivate() }
