// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	skip2 "github.com/skip2/go-qrcode"
	rsc "rsc.io/qr"

	"tillbridge/qr"
)

// rscSVG draws rsc's modules as the program draws its own.
func rscSVG(text string) (string, error) {
	code, err := rsc.Encode(text, rsc.M)
	if err != nil {
		return "", err
	}
	return svg(code.Size, code.Black), nil
}

// svg is the program's drawing for modules of others: one path, runs merged.
func svg(size int, dark func(x, y int) bool) string {
	var s strings.Builder
	side := size + 2*qr.QuietZone
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges">`, side, side)
	fmt.Fprintf(&s, `<path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="`, side, side)
	for y := range size {
		for x := 0; x < size; x++ {
			from := x
			for x < size && dark(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&s, "M%d %dh%dv1h-%dz", from+qr.QuietZone, y+qr.QuietZone, x-from, x-from)
			}
		}
	}
	s.WriteString(`"/></svg>`)
	return s.String()
}

const (
	lineSVG     = "tillbridge, SVG"
	lineLibrary = "libqrencode, modules, drawn as SVG"
	lineSkip2   = "skip2's own PNG, 512 pixels"
)

// coders encode one Klarna address after the other.
func coders() []contestant {
	n := int64(0)
	every := func(do func(text string) error) func(context.Context) ([]float64, error) {
		return batched(5, 8, func() error { n++; return do(target(n)) })
	}
	all := []contestant{
		{lineSVG, every(func(text string) error {
			code, err := qr.New(text)
			_ = code.SVG()
			return err
		})},
		{"tillbridge, packed modules, as a screen gets them", every(func(text string) error {
			code, err := qr.New(text)
			_ = code.Packed()
			return err
		})},
		{lineSkip2, every(func(text string) error { _, err := skip2.Encode(text, skip2.Medium, 512); return err })},
		{"rsc.io/qr, SVG", every(func(text string) error { _, err := rscSVG(text); return err })},
		{"rsc.io/qr, its own PNG", every(func(text string) error {
			code, err := rsc.Encode(text, rsc.M)
			if err == nil {
				_ = code.PNG()
			}
			return err
		})},
	}
	if libraryVersion() != "" {
		all = append(all, contestant{lineLibrary, every(func(text string) error {
			size, dark, err := libraryEncode(text)
			if err == nil {
				_ = svg(size, dark)
			}
			return err
		})})
	}
	return all
}

func runQR(ctx context.Context, b *bench, r *result) error {
	all := coders()
	s, err := play(ctx, b.pick(60, 3), all)
	if err != nil {
		return err
	}
	rows := s.rows(all, lineSkip2, 0.5, 0)
	r.add("A code of 77 characters", lineSkip2, rows...)
	text := "libqrencode is not here"
	if v := libraryVersion(); v != "" {
		text = fmt.Sprintf("%.1f× libqrencode %s with the same drawing", ratioOf(s.rows(all, lineLibrary, 0.5, 0), lineSVG), v)
	}
	r.goal("G9", ratioOf(rows, lineSVG), text)
	if err = b.asProcess(ctx, r); err != nil {
		return err
	}
	b.codeSizes(r)
	return b.codesRead(ctx, r)
}

// asProcess is qrencode as others use it: a program that is started for each code.
func (b *bench) asProcess(ctx context.Context, r *result) error {
	program := b.peer("qrencode")
	if program == "" {
		r.note("qrencode is not here, so it was not started.")
		return nil
	}
	n := int64(0)
	took, err := repeat(b.pick(40, 3), func() error {
		n++
		c := exec.CommandContext(ctx, program, "-l", "M", "-t", "SVG", "-o", filepath.Join(b.work, "code.svg"), target(n)) //nolint:gosec // a program of ours to choose
		c.Env = b.peerEnv()
		return c.Run()
	})(ctx)
	if err == nil {
		r.add("The same by a process", "", plain("qrencode -t SVG, started for each code", "ns", took...))
	}
	return err
}

// codeSizes compares sizes: a larger module is what a phone needs.
func (b *bench) codeSizes(r *result) {
	var svgSize, packed []float64
	fits := 0
	count := b.pick(1000, 50)
	for n := range count {
		code, err := qr.New(target(int64(n)))
		if err != nil {
			continue
		}
		svgSize, packed = append(svgSize, float64(len(code.SVG()))), append(packed, float64(len(code.Packed())))
		size := code.Size()
		if libraryVersion() != "" {
			if size, _, err = libraryEncode(target(int64(n))); err != nil {
				continue
			}
		}
		if code.Size() <= size {
			fits++
		}
	}
	r.add("What travels, bytes", "", plain("SVG", "B", svgSize...), plain("packed modules in base64, as a screen gets them", "B", packed...))
	r.goal("G11", quantile(packed, 0.5)/1024, fmt.Sprintf("as SVG it would be %.1f KB", quantile(svgSize, 0.5)/1024))
	r.goal("G10 size", 100*float64(fits)/float64(count), "of the addresses need no larger symbol than libqrencode's")
}

// codesRead lets zbar, a decoder of others, read codes that were treated badly.
func (b *bench) codesRead(ctx context.Context, r *result) error {
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		r.note("zbarimg is not here, so no code was read back.")
		return nil //nolint:nilerr // the page says so
	}
	count, read, all := b.pick(60, 3), 0, 0
	var rows []row
	for _, d := range damages() {
		ok := 0
		for n := range count {
			text := target(int64(n))
			code, err := qr.New(text)
			if err != nil {
				return err
			}
			file := filepath.Join(b.work, "damaged.png")
			if err = writePNG(file, d.do(picture(code))); err != nil {
				return err
			}
			out, _ := exec.CommandContext(ctx, zbar, "--quiet", "--raw", file).Output() //nolint:gosec // exit code 4: nothing found
			if string(bytes.TrimSpace(out)) == text {
				ok++
			}
		}
		rows = append(rows, plain(d.name, "%", 100*float64(ok)/float64(count)))
		read, all = read+ok, all+count
	}
	r.add(fmt.Sprintf("Codes that zbar reads, of %d each", count), "", rows...)
	r.goal("G10 read", 100*float64(read)/float64(all), "")
	return nil
}
