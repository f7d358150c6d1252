// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package qr_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"tillbridge/qr"
)

const address = "https://pay.test.klarna.com/eu/requests/6bbf6775-93b1-4c9a-a6f0-2c1f4d3c9a11/start"

func mustNew(t *testing.T, text string) qr.Code {
	t.Helper()
	c, err := qr.New(text)
	if err != nil {
		t.Fatalf("New(%d bytes): %v", len(text), err)
	}
	return c
}

func TestNewTakesTheHighestLevelThatCostsNoLargerSymbol(t *testing.T) {
	// Byte-mode capacities of ISO/IEC 18004, table 7. Lower-case letters keep the encoder in byte mode.
	tests := map[string]struct {
		bytes int
		size  int
		level string
	}{
		"one byte fits version 1 even at H":             {1, 21, "H"},
		"7 bytes are the most that 1-H holds":           {7, 21, "H"},
		"8 bytes need Q to stay in version 1":           {8, 21, "Q"},
		"11 bytes are the most that 1-Q holds":          {11, 21, "Q"},
		"12 bytes leave M in version 1":                 {12, 21, "M"},
		"14 bytes are the most that 1-M holds":          {14, 21, "M"},
		"15 bytes go to version 2, which has room at Q": {15, 25, "Q"},
		"60 bytes are version 4":                        {60, 33, "M"},
		"80 bytes are version 5":                        {80, 37, "M"},
		"2331 bytes are the most of all":                {2331, 177, "M"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := mustNew(t, strings.Repeat("a", tc.bytes))
			if c.Size() != tc.size || c.Level() != tc.level {
				t.Errorf("New(%d bytes) = size %d level %s, want %d %s", tc.bytes, c.Size(), c.Level(), tc.size, tc.level)
			}
		})
	}
}

func TestNewRefusesWhatItCannotHold(t *testing.T) {
	tests := map[string]string{
		"empty":                             "",
		"one byte over version 40 at M":     strings.Repeat("a", 2332),
		"row 37: an address of 10 KiB":      "https://pay.klarna.com/" + strings.Repeat("a", 10<<10),
		"more digits than any symbol holds": strings.Repeat("1", 5597),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := qr.New(text); !errors.Is(err, qr.ErrText) {
				t.Errorf("New(%d bytes) = %v, want ErrText", len(text), err)
			}
		})
	}
}

func TestDarkOutsideIsLight(t *testing.T) {
	c := mustNew(t, "a")
	for _, p := range [][2]int{{-1, 0}, {0, -1}, {c.Size(), 0}, {0, c.Size()}, {1 << 40, 0}} {
		if c.Dark(p[0], p[1]) {
			t.Errorf("Dark(%d, %d) = true, want light outside", p[0], p[1])
		}
	}
	if !c.Dark(0, 0) || c.Dark(1, 1) || !c.Dark(2, 2) {
		t.Error("the finder pattern in the top left corner is wrong")
	}
	if zero := (qr.Code{}); zero.Dark(0, 0) || zero.Size() != 0 || zero.Packed() != "" {
		t.Error("the zero Code must have no modules")
	}
}

func TestPackedHoldsEveryModule(t *testing.T) {
	c := mustNew(t, address)
	bits, err := base64.StdEncoding.DecodeString(c.Packed())
	if err != nil {
		t.Fatal(err)
	}
	stride := (c.Size() + 7) / 8
	if len(bits) != stride*c.Size() {
		t.Fatalf("Packed() = %d bytes, want %d", len(bits), stride*c.Size())
	}
	for y := range c.Size() {
		for x := range c.Size() {
			if got := bits[y*stride+x/8]>>(7-x%8)&1 == 1; got != c.Dark(x, y) {
				t.Fatalf("Packed() at %d,%d = %v, want %v", x, y, got, c.Dark(x, y))
			}
		}
	}
}

func TestSVGDrawsEveryModuleOnce(t *testing.T) {
	c := mustNew(t, address)
	svg := c.SVG()
	side := c.Size() + 8
	for _, want := range []string{
		fmt.Sprintf(`viewBox="0 0 %d %d"`, side, side), `shape-rendering="crispEdges"`,
		fmt.Sprintf(`<path fill="#fff" d="M0 0h%dv%dH0z"/>`, side, side),
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("SVG() lacks %s", want)
		}
	}
	drawn := map[[2]int]bool{}
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(svg, -1) {
		x, y, n, back := number(t, m[1]), number(t, m[2]), number(t, m[3]), number(t, m[4])
		if n != back {
			t.Fatalf("run %s does not close", m[0])
		}
		for i := range n {
			p := [2]int{x + i - 4, y - 4}
			if drawn[p] {
				t.Fatalf("module %v is drawn twice", p)
			}
			drawn[p] = true
		}
	}
	for y := range c.Size() {
		for x := range c.Size() {
			if drawn[[2]int{x, y}] != c.Dark(x, y) {
				t.Fatalf("SVG() at %d,%d = %v, want %v", x, y, drawn[[2]int{x, y}], c.Dark(x, y))
			}
		}
	}
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPNGHasWholePixelsAndOneBit(t *testing.T) {
	c := mustNew(t, address)
	const pixels = 3
	b, err := c.PNG(pixels)
	if err != nil {
		t.Fatal(err)
	}
	if depth, kind := b[24], b[25]; depth != 1 || kind != 3 {
		t.Errorf("PNG() header: depth %d, colour type %d, want 1 bit of palette", depth, kind)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if side := (c.Size() + 8) * pixels; img.Bounds().Dx() != side || img.Bounds().Dy() != side {
		t.Fatalf("PNG() = %v, want a side of %d", img.Bounds(), side)
	}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, _, _, _ := img.At(x, y).RGBA()
			if want := c.Dark(x/pixels-4, y/pixels-4); (r == 0) != want {
				t.Fatalf("PNG() at pixel %d,%d dark = %v, want %v", x, y, r == 0, want)
			}
		}
	}
}

func TestPNGRefusesSillySizes(t *testing.T) {
	c := mustNew(t, "a")
	for _, pixels := range []int{-1, 0, 33, 1 << 40} {
		if _, err := c.PNG(pixels); err == nil {
			t.Errorf("PNG(%d) = nil error, want a refusal", pixels)
		}
	}
}

func TestTextDrawsLightModules(t *testing.T) {
	c := mustNew(t, address)
	lines := strings.Split(strings.TrimSuffix(c.Text(), "\n"), "\n")
	if want := (c.Size() + 8 + 1) / 2; len(lines) != want {
		t.Fatalf("Text() = %d lines, want %d", len(lines), want)
	}
	dark := map[rune][2]bool{'█': {false, false}, '▀': {false, true}, '▄': {true, false}, ' ': {true, true}}
	for i, line := range lines {
		runes := []rune(line)
		if len(runes) != c.Size()+8 {
			t.Fatalf("line %d has %d columns, want %d", i, len(runes), c.Size()+8)
		}
		for col, r := range runes {
			got, known := dark[r]
			x, y := col-4, 2*i-4
			if !known || got[0] != c.Dark(x, y) || got[1] != c.Dark(x, y+1) {
				t.Fatalf("Text() at column %d line %d = %q", col, i, r)
			}
		}
	}
	if got := strings.NewReplacer("\x1b[38;5;231;48;5;16m", "", "\x1b[0m", "").Replace(c.ANSI()); got != c.Text() {
		t.Error("ANSI() without its escapes must be Text()")
	}
}

func TestGolden(t *testing.T) {
	c := mustNew(t, "till")
	for file, got := range map[string]string{"till.svg": c.SVG(), "till.txt": c.Text()} {
		want, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs from what was recorded:\n%s", file, got)
		}
	}
}

// TestScannerReadsIt asks an independent decoder, because a drawing can be consistent and still wrong.
func TestScannerReadsIt(t *testing.T) {
	zbarimg, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("zbarimg is missing (package zbar-tools): codes are not decoded")
	}
	texts := map[string]string{
		"a klarna address":     address,
		"a sandbox address":    "http://127.0.0.1:8590/phone/krn:payment:eu1:request:552603c0-fe8b-4ab1-aacb-41d55fafbdb4",
		"digits and upper":     "S0042-T03-000117",
		"a long address":       "https://pay.klarna.com/" + strings.Repeat("x9", 400),
		"the shortest of all":  "a",
		"mixed encoding modes": "12345678901234567890abcdefABCDEF$%*+-./:",
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			b, err := mustNew(t, text).PNG(4)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "code.png")
			if err = os.WriteFile(file, b, 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), zbarimg, "--quiet", "--raw", file).Output()
			if got := strings.TrimSuffix(string(out), "\n"); err != nil || got != text {
				t.Errorf("zbarimg read %q (%v), want %q", got, err, text)
			}
		})
	}
}

func FuzzNew(f *testing.F) {
	for _, s := range []string{"", "a", address, "\x00\xff", "1234567890", strings.Repeat("A1a", 700)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := qr.New(text)
		if err != nil {
			if !errors.Is(err, qr.ErrText) {
				t.Fatalf("New(%q) = %v, want ErrText", text, err)
			}
			return
		}
		if c.Size() < 21 || c.Size() > 177 || (c.Size()-17)%4 != 0 {
			t.Errorf("New(%q) = size %d", text, c.Size())
		}
		if strings.Count(c.SVG(), "<path") != 2 || c.Text() == "" {
			t.Errorf("New(%q) cannot be drawn", text)
		}
	})
}

func ExampleNew() {
	c, err := qr.New("https://pay.test.klarna.com/eu/requests/6bbf6775/start")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Size(), c.Level())
	// Output: 33 M
}
