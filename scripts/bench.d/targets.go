// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// build compiles the program for another system, as a release does.
func (b *bench) build(ctx context.Context, system, arch, out string) error {
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, "./cmd/tillbridge") //nolint:gosec // names of systems
	c.Dir = b.root
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+arch, "GOARM=6", "GOFLAGS=-buildvcs=false")
	if said, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build for %s/%s: %w: %s", system, arch, err, said)
	}
	return nil
}

func runTargets(ctx context.Context, b *bench, r *result) error {
	systems := []string{
		"linux/arm", "linux/arm64", "linux/386", "linux/riscv64", "linux/amd64", "windows/amd64", "windows/arm64", "darwin/amd64", "darwin/arm64", "freebsd/amd64",
	}
	if b.quick {
		systems = []string{"linux/amd64"}
	}
	var rows []row
	good := 0
	for _, name := range systems {
		system, arch, _ := strings.Cut(name, "/")
		out := filepath.Join(b.work, "program")
		if err := b.build(ctx, system, arch, out); err != nil {
			r.note("%s does not build: %v", name, err)
			continue
		}
		good++
		info, err := os.Stat(out)
		if err != nil {
			return err
		}
		rows = append(rows, plain(name, "MiB", float64(info.Size())/(1<<20)))
	}
	r.add("Stripped builds without cgo", "", rows...)
	r.goal("G24", float64(good), fmt.Sprintf("of %d build; those for arm and arm64 also sell, below", len(systems)))
	return nil
}

// runARM makes a whole sale with programs for other processors, which qemu-user carries out.
func runARM(ctx context.Context, b *bench, r *result) error {
	if err := b.needsDisk(); err != nil {
		return err
	}
	k, err := b.openKlarna(ctx, "klarna")
	if err != nil {
		return err
	}
	defer k.stop()
	if err = k.behave(ctx, `{"customer":"approve"}`); err != nil {
		return err
	}
	for arch, emulator := range map[string]string{"arm": "qemu-arm", "arm64": "qemu-aarch64"} {
		qemu := b.peer(emulator)
		if qemu == "" {
			r.note("%s is not here: no sale was made on %s.", emulator, arch)
			continue
		}
		if err = b.soldOn(ctx, r, k, arch, qemu); err != nil {
			return err
		}
	}
	return nil
}

var errSale = errors.New("the sale did not end as it should")

func (b *bench) soldOn(ctx context.Context, r *result, k *klarna, arch, qemu string) error {
	program := filepath.Join(b.work, "tillbridge-"+arch)
	if err := b.build(ctx, "linux", arch, program); err != nil {
		return err
	}
	line := []string{qemu, program}
	if folder := libraries(b.peers); folder != "" {
		line = []string{"env", "LD_LIBRARY_PATH=" + folder, qemu, program}
	}
	began := time.Now()
	s, err := b.openShop(ctx, premises{name: arch, lanes: 1, klarna: k.base, program: line})
	defer s.close()
	if err != nil {
		return err
	}
	ready := time.Since(began)
	if err = s.staff(ctx, 1); err != nil {
		return err
	}
	var code, sale []float64
	for n := range b.pick(10, 1) {
		id := fmt.Sprintf("%s-%d", arch, n)
		began = time.Now()
		if err = s.tills[0].pay(id); err != nil {
			return err
		}
		shown, failed := s.screens[0].code()
		if failed != nil {
			return failed
		}
		if failed = s.tills[0].approved(id); failed != nil {
			return failed
		}
		code, sale = append(code, float64(shown.Sub(began))), append(sale, float64(time.Since(began)))
	}
	if err = k.captured(ctx, r, arch, len(sale)); err != nil {
		return err
	}
	r.add("Whole sales on "+arch+", emulated", "", plain("first start, until a till is answered", "ns", float64(ready)), plain("code on the screen", "ns", code...),
		plain("result at the till", "ns", sale...), plain("memory, the emulator's included", "MiB", s.status("VmHWM")))
	return nil
}

// approved waits for the result, which must be a yes, and confirms it.
func (t *till) approved(id string) error {
	end, err := t.hear(ofType("result", id))
	if err != nil {
		return err
	}
	if end.Outcome != "approved" {
		return fmt.Errorf("%w: %s", errSale, end.Outcome)
	}
	return t.confirm(end)
}

// captured waits until Klarna's books show every sale.
func (k *klarna) captured(ctx context.Context, r *result, arch string, want int) error {
	sum := func() int {
		var books struct {
			All []struct {
				Captured int `json:"captured"`
			} `json:"transactions"`
		}
		var raw json.RawMessage
		if k.call(ctx, "GET", "/sandbox/ledger", "", &raw) != nil || json.Unmarshal(raw, &books) != nil {
			return -1
		}
		n := 0
		for _, t := range books.All {
			n += t.Captured / 1610
		}
		return n
	}
	before := 0
	for _, t := range r.Tables {
		for _, line := range t.Rows {
			if line.Line == "result at the till" {
				before += line.Rounds
			}
		}
	}
	if err := until(ctx, 50*time.Millisecond, func() bool { return sum() >= before+want }); err != nil {
		return fmt.Errorf("%w: on %s Klarna's books show %d captured sales, expected %d", errSale, arch, sum(), before+want)
	}
	return nil
}

// libraries is where unpacked programs find what came with them.
func libraries(peers string) string {
	found, _ := filepath.Glob(filepath.Join(peers, "usr", "lib", "*-linux-*")) // the pattern is well-formed
	return strings.Join(found, ":")
}
