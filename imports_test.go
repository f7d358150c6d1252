// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package tillbridge_test holds the rules that concern the tree as a whole: which folder may import
// which, and what every package must carry. They are tests, so they hold on a machine that has
// nothing but Go.
package tillbridge_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "tillbridge"

	// anyone in a row allows every folder of ours. Only the wiring has it.
	anyone = "*"
)

// arrows says, for each folder with Go code, which folders of ours it may import. A folder without a
// row fails the test: a new package forces a decision.
func arrows() map[string][]string {
	return map[string][]string{
		"cmd/tillbridge":        {anyone},
		"payment":               {"internal/secret"},
		"engine":                {"payment", "internal/secret"},
		"terminal":              {"payment", "terminal/native", "terminal/zvt", "internal/secret"},
		"terminal/native":       {},
		"terminal/zvt":          {},
		"terminal/terminaltest": {"terminal", "payment"},
		"klarna":                {"internal/secret"},
		"klarna/sandbox":        {"qr", "internal/secret"},
		"qr":                    {},
		"display":               {"payment", "qr", "internal/secret"},
		"store":                 {"payment", "internal/secret"},
		"receipt":               {"payment"},
		"audit":                 {"payment"},
		"config":                {"internal/secret"},
		"internal/secret":       {},
		"internal/demo":         {"internal/secret"},
		"internal/sim": {
			"payment", "engine", "store", "klarna/sandbox", "terminal/native", "terminal/zvt", "internal/secret",
		},
		"scripts/pack":  {},
		"scripts/proof": {},
	}
}

// dependencies says, for each module of others, which folders may import it. A module without a row
// fails the test: the default answer to a new dependency is no.
func dependencies() map[string][]string {
	return map[string][]string{
		"github.com/spf13/viper":       {"config"},
		"go.yaml.in/yaml/v3":           {"config"},
		"github.com/spf13/cobra":       {"cmd/tillbridge"},
		"github.com/skip2/go-qrcode":   {"qr"},
		"github.com/gorilla/websocket": {"display", "cmd/tillbridge"},
		"go.bug.st/serial":             {"terminal"},
		"go.etcd.io/bbolt":             {"store"},
		"golang.org/x/sys":             {"cmd/tillbridge", "terminal"},
		"golang.org/x/sync":            {"cmd/tillbridge", "engine", "terminal", "display", "internal/demo", "internal/sim"},
	}
}

// pure lists the folders without I/O; outside lists the standard packages that reach out of a process
// or decide for the caller where a log goes, each with the packages below it.
func pure() []string { return []string{"payment", "terminal/native", "terminal/zvt"} }

func outside() []string {
	return []string{"os", "net", "log", "sync", "context", "syscall", "database"}
}

func TestArrows(t *testing.T) {
	t.Parallel()
	found := 0
	for name, file := range sources(t, os.DirFS("."), parser.ImportsOnly) {
		if strings.HasSuffix(name, "_test.go") || ofAnotherModule(name) {
			continue
		}
		found++
		for _, wrong := range wrongImports(path.Dir(name), imports(t, name, file)) {
			t.Errorf("%s: %s", name, wrong)
		}
	}
	if found == 0 {
		t.Error("no Go file was found, so nothing was checked")
	}
}

func TestWrongImportsAreFound(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		folder, imported string
		wrong            bool
	}{
		"the engine knows the vocabulary":                {"engine", "tillbridge/payment", false},
		"the engine knows no disk format":                {"engine", "tillbridge/store", true},
		"the engine knows no client":                     {"engine", "tillbridge/klarna", true},
		"the vocabulary knows nobody above it":           {"payment", "tillbridge/engine", true},
		"a codec does not even know the vocabulary":      {"terminal/zvt", "tillbridge/payment", true},
		"codecs do not know each other":                  {"terminal/zvt", "tillbridge/terminal/native", true},
		"a row covers its folder, not those below":       {"klarna", "tillbridge/klarna/sandbox", true},
		"a folder below does not inherit the row above":  {"terminal/terminaltest", "tillbridge/terminal/zvt", true},
		"the wiring knows everyone":                      {"cmd/tillbridge", "tillbridge/store", false},
		"nobody imports the module's root":               {"engine", "tillbridge", true},
		"a folder without a row is refused":              {"util", "fmt", true},
		"the standard library is free":                   {"engine", "os", false},
		"a pure package has no files":                    {"payment", "os", true},
		"a pure package has no sockets, at any depth":    {"terminal/native", "net/http", true},
		"a pure package has no logger":                   {"payment", "log/slog", true},
		"a pure package may format":                      {"payment", "fmt", false},
		"a name that only starts alike is not outside":   {"payment", "netip", false},
		"the journal's format is in store":               {"store", "go.etcd.io/bbolt", false},
		"the journal's format is in store alone":         {"engine", "go.etcd.io/bbolt", true},
		"config is the only one to know viper":           {"cmd/tillbridge", "github.com/spf13/viper", true},
		"only the terminal opens serial lines":           {"config", "go.bug.st/serial/enumerator", true},
		"a package below an allowed module":              {"terminal", "go.bug.st/serial/enumerator", false},
		"websockets belong to display":                   {"terminal", "github.com/gorilla/websocket", true},
		"codes are drawn in qr":                          {"display", "github.com/skip2/go-qrcode", true},
		"the command line is cmd's":                      {"internal/demo", "github.com/spf13/cobra", true},
		"a dependency without a row is refused":          {"engine", "github.com/pkg/errors", true},
		"a module that only starts alike has no row":     {"config", "github.com/spf13/viperish", true},
		"the simulator plays against the real journal":   {"internal/sim", "tillbridge/store", false},
		"the simulator does not wire the terminal":       {"internal/sim", "tillbridge/terminal", true},
		"the conformance suite knows what it tests":      {"terminal/terminaltest", "tillbridge/terminal", false},
		"cgo would end the cross-builds":                 {"terminal", "C", true},
		"a relative import hides where it goes":          {"terminal", "./zvt", true},
		"the demo starts the program, it does not link":  {"internal/demo", "tillbridge/klarna/sandbox", true},
		"a module whose path starts like ours is theirs": {"engine", "tillbridge.example/payment", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := wrongImports(tt.folder, []string{tt.imported})
			if (len(got) > 0) != tt.wrong {
				t.Errorf("wrongImports(%q, %q) = %q, want wrong = %t", tt.folder, tt.imported, got, tt.wrong)
			}
		})
	}
}

// TestRowsNameFolders catches a row that a renamed folder left behind in somebody else's list.
func TestRowsNameFolders(t *testing.T) {
	t.Parallel()
	known := arrows()
	for folder, allowed := range known {
		for _, name := range allowed {
			if _, ok := known[name]; !ok && name != anyone {
				t.Errorf("arrows: %s may import %s, which has no row", folder, name)
			}
		}
	}
	for dependency, folders := range dependencies() {
		for _, name := range folders {
			if _, ok := known[name]; !ok {
				t.Errorf("dependencies: %s may be imported by %s, which has no row", dependency, name)
			}
		}
	}
}

// wrongImports returns a sentence for each import that a file in folder must not have.
func wrongImports(folder string, imported []string) []string {
	allowed, ok := arrows()[folder]
	if !ok {
		return []string{"folder " + folder + " has no row in arrows: decide what it may import"}
	}
	var wrong []string
	for _, name := range imported {
		switch {
		case below(name, module):
			ours := strings.TrimPrefix(strings.TrimPrefix(name, module), "/")
			if ours == "" || !slices.Contains(allowed, ours) && !slices.Contains(allowed, anyone) {
				wrong = append(wrong, folder+" must not import "+name)
			}
		case standard(name):
			reaches := func(root string) bool { return below(name, root) }
			if slices.Contains(pure(), folder) && slices.ContainsFunc(outside(), reaches) {
				wrong = append(wrong, folder+" is pure and must not import "+name)
			}
		case !slices.Contains(dependencies()[dependency(name)], folder):
			wrong = append(wrong, folder+" must not import "+name)
		}
	}
	return wrong
}

// standard reports whether an import path is of the standard library: its first element has no dot.
// "C" and relative paths are nobody's.
func standard(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return name != "C" && !strings.Contains(first, ".")
}

// dependency returns the module in our table that name belongs to, or "".
func dependency(name string) string {
	for root := range dependencies() {
		if below(name, root) {
			return root
		}
	}
	return ""
}

// below reports whether the import path name is root or lies under it.
func below(name, root string) bool { return name == root || strings.HasPrefix(name, root+"/") }

// sources parses every Go file of the tree, by its path with slashes. It reads the files itself: the
// test cache does not see files that a child process such as go list has read.
func sources(t *testing.T, tree fs.FS, mode parser.Mode) map[string]*ast.File {
	t.Helper()
	files := make(map[string]*ast.File)
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped(name):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		files[name], err = parser.ParseFile(token.NewFileSet(), name, text, mode)
		return err
	})
	if err != nil {
		t.Fatalf("read the tree: %v", err)
	}
	return files
}

// skipped reports whether the go command would not look into a folder, or it holds what scripts made.
func skipped(name string) bool {
	base := path.Base(name)
	return base == "testdata" || base == "vendor" || base == "node_modules" ||
		name != "." && (base[0] == '.' || base[0] == '_') ||
		name == "bin" || name == "dist" || name == "tmp"
}

// ofAnotherModule reports whether a file belongs to the module of the references of scripts/bench, which may
// know libraries that the program must not. Nobody can import it: its own path is not ours.
func ofAnotherModule(name string) bool { return strings.HasPrefix(name, "scripts/bench.d/") }

// imports returns the import paths of one file.
func imports(t *testing.T, name string, file *ast.File) []string {
	t.Helper()
	var all []string
	for _, spec := range file.Imports {
		text, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatalf("%s: import %s: %v", name, spec.Path.Value, err)
		}
		all = append(all, text)
	}
	return all
}
