// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// lastRow is the last number of the catalogue of hostile inputs; 74 has two more, a and b.
const lastRow = 75

// open lists rows of parts that are not built yet, or not whole, by the part's name. A part that is
// built takes its rows off this list.
func open() map[string]string {
	return map[string]string{}
}

// rows returns every number in order.
func rows() []string {
	var all []string
	for n := 1; n <= lastRow; n++ {
		all = append(all, strconv.Itoa(n))
		if n == 74 {
			all = append(all, "74a", "74b")
		}
	}
	return all
}

// held says which tests hold each row, as folder.Test.
type held map[string][]string

// mention is how tests carry their rows: TestRow60AndRow61X, "row 6: negative", // Rows 1 and 5: ...
func mention() *regexp.Regexp {
	return regexp.MustCompile(`(?:\br|R)ows? ?\d+[ab]?(?:(?:, ?| and |And)(?:[Rr]ows? ?)?\d+[ab]?)*`)
}

// heldRows looks through every test of the tree.
func heldRows(tree fs.FS) (held, error) {
	all := held{}
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{"bin", "tmp", "dist", ".git", "scripts/proof"}, name):
			return fs.SkipDir
		case d.IsDir():
			return nil
		case strings.HasSuffix(name, "_test.go"):
			return all.inGo(tree, name)
		case strings.HasSuffix(name, ".txtar"):
			return all.inScript(tree, name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for the rows: %w", err)
	}
	for row := range all {
		slices.Sort(all[row])
		all[row] = slices.Compact(all[row])
	}
	return all, nil
}

// inGo credits the function in which a row is mentioned, in its name, its comment or a string.
func (h held) inGo(tree fs.FS, name string) error {
	text, err := fs.ReadFile(tree, name)
	if err != nil {
		return err
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, parser.ParseComments)
	if err != nil {
		return err
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		from := f.Pos()
		if f.Doc != nil {
			from = f.Doc.Pos()
		}
		body := text[files.Position(from).Offset:files.Position(f.End()).Offset]
		h.credit(path.Dir(name)+"."+f.Name.Name, string(body))
	}
	return nil
}

// inScript credits a whole script.
func (h held) inScript(tree fs.FS, name string) error {
	text, err := fs.ReadFile(tree, name)
	if err != nil {
		return err
	}
	h.credit(name, string(text))
	return nil
}

func (h held) credit(test, text string) {
	number, known := regexp.MustCompile(`\d+[ab]?`), rows()
	for _, said := range mention().FindAllString(text, -1) {
		for _, row := range number.FindAllString(said, -1) {
			if slices.Contains(known, row) {
				h[row] = append(h[row], test)
			}
		}
	}
}

// wrongRows returns an error for each row that nobody holds, and for each that does not exist.
func wrongRows(h held) error {
	var wrong []error
	for _, row := range rows() {
		if len(h[row]) == 0 && open()[row] == "" {
			wrong = append(wrong, fmt.Errorf("row %s has no test and is not listed as open", row))
		}
	}
	for row := range open() {
		if !slices.Contains(rows(), row) {
			wrong = append(wrong, fmt.Errorf("row %s is listed as open and does not exist", row))
		}
	}
	return errors.Join(wrong...)
}

// rowTable names up to three tests of each row and counts the others.
func rowTable(h held) string {
	const most = 3
	var b strings.Builder
	b.WriteString("| row | tests |\n|---|---|\n")
	for _, row := range rows() {
		tests := slices.Clone(h[row])
		if more := len(tests) - most; more > 0 {
			tests = append(tests[:most], fmt.Sprintf("%d more", more))
		}
		if part := open()[row]; part != "" {
			tests = append(tests, "open: "+part)
		}
		fmt.Fprintf(&b, "| %s | %s |\n", row, cmp.Or(strings.Join(tests, ", "), "none"))
	}
	return b.String()
}
