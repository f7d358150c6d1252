// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// cuts is how many power cuts each file system gets; scripts/prove --only power asks for more.
//
//nolint:gochecknoglobals // a test flag
var cuts = flag.Int("cuts", 1, "power cuts of each kind of disk")

// command runs a system tool, and skips the test where the machine has it not or gives no right to it.
func command(t *testing.T, name string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Skipf("no disk of its own on this machine: %s: %v: %s", name, err, bytes.TrimSpace(out))
	}
}

// mounted is a file system of its own, empty, until the test ends.
func mounted(t *testing.T, args ...string) (folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	command(t, "mount", append(args, folder)...)
	t.Cleanup(func() { unmount(t, folder) })
	return folder
}

// unmount lets go of a disk; nobody may be left who uses it.
func unmount(t *testing.T, folder string) {
	t.Helper()
	if err := syscall.Unmount(folder, 0); err != nil && !errors.Is(err, syscall.EINVAL) {
		t.Errorf("unmount %s: %v", folder, err)
	}
}

// smallDisk has room for a journal, its reserve, and no more than intake asks for.
func smallDisk(t *testing.T) string {
	t.Helper()
	return mounted(t, "-t", "tmpfs", "-o", "size=100m", "tmpfs")
}

// fill takes all the room that is left. The first filling leaves the daemon its reserve.
func fill(t *testing.T, folder string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(folder, "filling"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // its content is of no use
	for block := make([]byte, 1<<20); len(block) > 0; {
		if _, err = f.Write(block); err != nil {
			block = block[:len(block)/2] // down to the last byte
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("fill the disk: %v", err)
	}
}

// Row 60: the disk fills up in each state of a sale. The sale finishes from the reserve, another is not
// taken, and when the room comes back all is as before.
func TestProofRow60AFullDisk(t *testing.T) {
	t.Parallel()
	for name, reach := range moments() {
		for how, fillings := range map[string]int{"with the reserve": 1, "and the reserve eaten": 3} {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				disk := smallDisk(t)
				s := openShop(t, premises{data: filepath.Join(disk, "data")})
				reach(s)
				for range fillings {
					fill(t, disk)
					s.status()
				}
				s.comeBack()
				s.sell()
				s.daemon.kill()
				s.refusesMore()
				if err := os.Remove(filepath.Join(disk, "filling")); err != nil {
					t.Fatal(err)
				}
				s.restart()
				s.proved("approved")
			})
		}
	}
}

// refusesMore starts the daemon on a full disk. If it can start at all, it takes no other sale.
func (s *shop) refusesMore() {
	s.t.Helper()
	s.begin()
	s.eventually("the daemon, or its end", func() bool { return s.daemon.gone() || s.isUp() })
	if s.daemon.gone() {
		return
	}
	other := map[string]any{"amount": 500, "currency": "EUR"}
	if code := s.call(http.MethodPut, s.web+"/v1/lanes/lane-1/payments/K2", other, nil); code/100 == 2 {
		s.t.Errorf("another sale on a full disk is answered %d, want a refusal", code)
	}
	s.daemon.kill()
}

// A disk that comes back read-only after a crash is refused in words, not touched, and no loss once it
// can be written again.
func TestProofAReadOnlyDisk(t *testing.T) {
	t.Parallel()
	for name, reach := range moments() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			disk := smallDisk(t)
			s := openShop(t, premises{data: filepath.Join(disk, "data")})
			reach(s)
			s.daemon.kill()
			command(t, "mount", "-o", "remount,ro", disk)
			before := readFile(t, filepath.Join(disk, "data", journalFile))
			s.begin()
			<-s.daemon.ended
			if code := s.daemon.command.ProcessState.ExitCode(); code == 0 || !s.daemon.has("read-only file system") {
				t.Errorf("on a read-only disk the daemon ended with %d and said %q", code, s.daemon.log())
			}
			if !bytes.Equal(before, readFile(t, filepath.Join(disk, "data", journalFile))) {
				t.Error("the journal on a read-only disk is another one now")
			}
			command(t, "mount", "-o", "remount,rw", disk)
			s.comeBack()
			s.restart()
			s.proved("approved")
		})
	}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestProofPowerCuts drops everything that was not synced, as a power cut does, at any moment of a sale:
// the file system itself forgets it, and runs its own recovery when it is mounted again.
func TestProofPowerCuts(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"ext4", "xfs"} {
		for i := range *cuts {
			t.Run(fmt.Sprintf("%s, seed %d", kind, i), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(uint64(i), 3))
				image := filepath.Join(t.TempDir(), "image")
				write(t, image, "")
				if err := os.Truncate(image, 400<<20); err != nil { // sparse; xfs takes nothing below 300 MiB
					t.Fatal(err)
				}
				command(t, "mkfs."+kind, "-q", image)
				disk := mounted(t, "-t", kind, "-o", "loop", image)
				s := openShop(t, premises{data: filepath.Join(disk, "data")})
				s.behaviour(map[string]any{"customer": "approve", "after": fmt.Sprintf("%dms", random.IntN(2000))})
				s.pay()
				for end := time.After(time.Duration(random.IntN(4000)) * time.Millisecond); !passed(end); {
					s.again()
				}
				cutPower(t, disk)
				s.daemon.kill()
				unmount(t, disk)
				command(t, "mount", "-t", kind, "-o", "loop", image, disk)
				t.Log("cut the power 1 times")
				s.comeBack()
				s.restart()
				s.proved("approved")
				s.daemon.kill()
			})
		}
	}
}

// passed waits a little for end.
func passed(end <-chan time.Time) bool {
	select {
	case <-end:
		return true
	case <-time.After(20 * time.Millisecond):
		return false
	}
}

// cutPower makes a file system forget what it has not written, its own log included, and refuse all
// work until it is mounted again (ioctl EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN, the same number).
func cutPower(t *testing.T, disk string) {
	t.Helper()
	const goingDown, withoutLog = 0x8004587d, 2
	f, err := os.Open(disk)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // a folder
	how := uint32(withoutLog)
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), goingDown, uintptr(unsafe.Pointer(&how))) //nolint:gosec // ioctl takes a pointer
	if errno != 0 {
		t.Skipf("this file system cannot be cut off: %v", errno)
	}
}
