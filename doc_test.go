// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package tillbridge_test

import (
	"go/ast"
	"go/parser"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"
)

// licence opens every Go file.
const licence = "// Copyright The Tillbridge Authors\n// SPDX-License-Identifier: Apache-2.0\n\n"

// TestEveryPackageSaysWhatItIs asks for one package comment, in doc.go, that starts as godoc wants it.
func TestEveryPackageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	files := sources(t, os.DirFS("."), parser.PackageClauseOnly|parser.ParseComments)
	for _, wrong := range wrongComments(files) {
		t.Error(wrong)
	}
}

func TestWrongPackageCommentsAreFound(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		tree  fstest.MapFS
		wrong string // "" if all is well
	}{
		"a comment in doc.go": {
			fstest.MapFS{"qr/doc.go": text("// Package qr draws.\npackage qr\n"), "qr/svg.go": text("package qr\n")}, "",
		},
		"a command says so": {
			fstest.MapFS{"cmd/x/doc.go": text("// Command x runs.\npackage main\n")}, "",
		},
		"no doc.go": {
			fstest.MapFS{"qr/svg.go": text("// Package qr draws.\npackage qr\n")}, "qr/doc.go is missing",
		},
		"doc.go without a comment": {
			fstest.MapFS{"qr/doc.go": text("package qr\n")}, "qr/doc.go: the comment must start with \"Package qr \"",
		},
		"the licence alone is not a package comment": {
			fstest.MapFS{"qr/doc.go": text("// Copyright\n\npackage qr\n")},
			"qr/doc.go: the comment must start with \"Package qr \"",
		},
		"the comment names another package": {
			fstest.MapFS{"qr/doc.go": text("// Package codes draws.\npackage qr\n")},
			"qr/doc.go: the comment must start with \"Package qr \"",
		},
		"two comments": {
			fstest.MapFS{
				"qr/doc.go": text("// Package qr draws.\npackage qr\n"),
				"qr/svg.go": text("// Package qr also draws.\npackage qr\n"),
			},
			"qr/svg.go: the package comment belongs in doc.go",
		},
		"a package of tests needs none":  {fstest.MapFS{"qr/qr_test.go": text("package qr_test\n")}, ""},
		"test data are not a package":    {fstest.MapFS{"qr/testdata/a.go": text("package a\n")}, ""},
		"what scripts build is not ours": {fstest.MapFS{"dist/a.go": text("package a\n")}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := sources(t, tt.tree, parser.PackageClauseOnly|parser.ParseComments)
			got := strings.Join(wrongComments(files), "\n")
			if got != tt.wrong {
				t.Errorf("wrongComments = %q, want %q", got, tt.wrong)
			}
		})
	}
}

func TestEveryFileCarriesTheLicence(t *testing.T) {
	t.Parallel()
	tree := os.DirFS(".")
	for name := range sources(t, tree, parser.PackageClauseOnly) {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(strings.ReplaceAll(string(content), "\r\n", "\n"), licence) {
			t.Errorf("%s does not start with the two lines of the licence and an empty one", name)
		}
	}
}

// wrongComments returns a sentence for each package of files whose comment is missing or misplaced.
func wrongComments(files map[string]*ast.File) []string {
	var wrong []string
	missing := make(map[string]bool)
	for name, file := range files {
		folder, base := path.Split(name)
		switch {
		case strings.HasSuffix(base, "_test.go"):
		case base == "doc.go":
			if start := opening(folder, file.Name.Name); !strings.HasPrefix(file.Doc.Text(), start) {
				wrong = append(wrong, name+": the comment must start with \""+start+"\"")
			}
		case file.Doc != nil && files[folder+"doc.go"] != nil:
			wrong = append(wrong, name+": the package comment belongs in doc.go")
		case files[folder+"doc.go"] == nil && !missing[folder]:
			missing[folder] = true
			wrong = append(wrong, folder+"doc.go is missing")
		}
	}
	return wrong
}

// opening returns how godoc wants the comment of a package or command to start.
func opening(folder, name string) string {
	if name == "main" {
		return "Command " + path.Base(folder) + " "
	}
	return "Package " + name + " "
}

func text(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
