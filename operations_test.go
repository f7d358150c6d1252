// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package tillbridge_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"tillbridge/klarna/sandbox"
)

// operation is one row of the table of Klarna's operations.
type operation struct {
	name, call, reached, standing, simulator string
}

const (
	published   = "published"
	unpublished = "path not published by Klarna"
	notThere    = "not there"
)

// operations reads the last table of docs/operations.md.
func operations(t *testing.T) []operation {
	t.Helper()
	text, err := os.ReadFile("docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "| operation | call |")
	if !found {
		t.Fatal("docs/operations.md has no table of operations")
	}
	var all []operation
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(line, " |\n"), " | ")
		if len(cells) == 5 && !strings.HasPrefix(cells[0], "--") {
			all = append(all, operation{cells[0], strings.Trim(cells[1], "`"), cells[2], cells[3], cells[4]})
		}
	}
	if len(all) < 20 {
		t.Fatalf("the table of operations has %d rows: nothing was read", len(all))
	}
	return all
}

// path is a call's path with every name in braces made alike.
func (o operation) path() string {
	_, path, _ := strings.Cut(o.call, " ")
	return regexp.MustCompile(`\{[a-z_]+\}`).ReplaceAllString(path, "{}")
}

func (o operation) called() bool {
	return o.call != "none" && !strings.HasPrefix(o.reached, "not called")
}

// clientPaths are the paths that the client knows, by whether its source calls them unpublished.
func clientPaths(t *testing.T) map[string]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "klarna/account.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "path") || len(spec.Values) != 1 {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			return true
		}
		path, err := strconv.Unquote(literal.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths[strings.ReplaceAll(path, "%s", "{}")] = strings.Contains(spec.Comment.Text(), "unpublished")
		return true
	})
	if len(paths) < 5 {
		t.Fatalf("klarna/account.go has %d paths: nothing was read", len(paths))
	}
	return paths
}

// TestTheTableOfOperationsIsThatOfTheClient keeps the document true when a path comes, goes or is published.
func TestTheTableOfOperationsIsThatOfTheClient(t *testing.T) {
	t.Parallel()
	known, described := clientPaths(t), map[string]bool{}
	for _, o := range operations(t) {
		unsure, ok := known[o.path()]
		switch {
		case o.standing != published && o.standing != unpublished:
			t.Errorf("%s: standing %q, want %q or %q", o.name, o.standing, published, unpublished)
		case o.called() && !ok:
			t.Errorf("%s: %s is said to be called, and the client has no such path", o.name, o.call)
		case o.called() && unsure != (o.standing == unpublished):
			t.Errorf("%s: standing %q, and the client's source says unpublished = %t", o.name, o.standing, unsure)
		}
		if o.called() {
			described[o.path()] = true
		}
	}
	for path := range known {
		if !described[path] {
			t.Errorf("the client calls %s, and docs/operations.md does not say so", path)
		}
	}
}

// TestTheTableOfOperationsIsThatOfTheSimulator calls every operation once. What matters is whether there is
// such a route: that none of the names exists is a different answer.
func TestTheTableOfOperationsIsThatOfTheSimulator(t *testing.T) {
	t.Parallel()
	h := sandbox.New(sandbox.Options{}).Handler()
	for _, o := range operations(t) {
		method, path, ok := strings.Cut(o.call, " ")
		if !ok {
			continue
		}
		if !strings.HasPrefix(path, "/v2") && !strings.HasPrefix(path, "/ordermanagement") {
			path = "/v2" + path
		}
		path = regexp.MustCompile(`\{[a-z_]+\}`).ReplaceAllString(path, "x")
		body := ""
		if method == http.MethodPost || method == http.MethodPatch {
			body = "{}"
		}
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Basic klarna_test_api_table")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if there := !missing(w); there != (o.simulator != notThere) {
			t.Errorf("%s: the simulator answers %s with %d %s, and the table says %q", o.name, o.call, w.Code, w.Body, o.simulator)
		}
	}
}

// missing reports whether an answer says that there is no such route.
func missing(w *httptest.ResponseRecorder) bool {
	var problem struct {
		Code string `json:"error_code"`
	}
	_ = json.Unmarshal(w.Body.Bytes(), &problem) // an answer without an object is of a route
	return w.Code == http.StatusNotFound && problem.Code == sandbox.CodeNoRoute || w.Code == http.StatusMethodNotAllowed
}

func TestMissingRoutesAreFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code int
		body string
		want bool
	}{
		"no such route":    {404, fmt.Sprintf(`{"error_code":%q}`, sandbox.CodeNoRoute), true},
		"no such resource": {404, fmt.Sprintf(`{"error_code":%q}`, sandbox.CodeNotFound), false},
		"an answer":        {200, "{}", false},
		"another method":   {405, "", true},
	} {
		w := httptest.NewRecorder()
		w.WriteHeader(c.code)
		_, _ = w.WriteString(c.body) // a recorder takes all
		if got := missing(w); got != c.want {
			t.Errorf("%s: missing = %t, want %t", name, got, c.want)
		}
	}
}
