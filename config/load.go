// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"
)

const (
	maxFileBytes = 1 << 20
	maxLanes     = 128
)

// Load reads the file at path, lays the TILLBRIDGE_ variables that getenv knows over it and checks
// everything, the secret files that it names included. The error of a file that could be read is
// Problems and lists all of them; the Config is then not to be used.
func Load(path string, getenv func(string) string) (Config, error) {
	data, err := readConfig(path)
	if err != nil {
		return Config{}, fmt.Errorf("read config file: %w", err)
	}
	return parse(path, data, getenv)
}

func readConfig(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // G304: the operator names the file
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err == nil && len(data) > maxFileBytes {
		err = fmt.Errorf("%s: larger than %d bytes", path, maxFileBytes)
	}
	return data, errors.Join(err, f.Close())
}

// origin is where the text of a key came from: a line of the file, or else a variable.
type origin struct {
	variable     string
	line, column int
	empty        bool // the key is there and nothing behind it
}

func originOf(n *yaml.Node) origin { return origin{line: n.Line, column: n.Column} }

// loader is one run of Load: where things stand, and what is wrong with them.
type loader struct {
	file     string
	origins  map[string]origin // by key, groups, lanes and list elements included
	lanes    []*yaml.Node
	problems Problems
}

func parse(path string, data []byte, getenv func(string) string) (Config, error) {
	l := &loader{file: path, origins: make(map[string]origin)}
	if root := l.document(bytes.NewReader(data)); root != nil {
		c := l.config(root, getenv)
		if len(l.problems) == 0 {
			return c, nil
		}
	}
	l.problems.sort()
	return Config{}, l.problems
}

func (l *loader) config(root *yaml.Node, getenv func(string) string) Config {
	var c Config
	f := files{dir: filepath.Dir(l.file), getenv: getenv}
	table := c.settings(f)
	places := shapes(table)
	places["lanes"] = lanesShape

	v := defaults(table)
	l.merge(v, l.walk(root, "", "", places))
	l.environment(v, table, getenv)
	l.assign(v, "", table)
	for i, n := range l.lanes[:min(len(l.lanes), maxLanes)] {
		c.Lanes = append(c.Lanes, l.lane(n, fmt.Sprintf("lanes[%d]", i), f))
	}
	l.check(&c)
	return c
}

func (l *loader) lane(n *yaml.Node, at string, f files) Lane {
	var lane Lane
	l.origins[at] = originOf(n)
	if n.Kind != yaml.MappingNode {
		l.refuse(at, "", refusal{what: "holds " + kindName(n), expected: "a lane with id, terminal_reference, currency and till"})
		return lane
	}
	table := lane.settings(f)
	v := defaults(table)
	l.merge(v, l.walk(n, at+".", "", shapes(table)))
	l.assign(v, at+".", table)
	return lane
}

// defaults is the lowest layer. Viper serves as nothing but a stack of layers: it would read real
// environment variables, guess types and forget lines.
func defaults(table []setting) *viper.Viper {
	v := viper.New()
	for _, s := range table {
		v.SetDefault(s.key, s.fallback)
	}
	return v
}

func (l *loader) merge(v *viper.Viper, found map[string]any) {
	if err := v.MergeConfigMap(found); err != nil {
		l.problems = append(l.problems, Problem{Source: l.file, What: err.Error()})
	}
}

func (l *loader) environment(v *viper.Viper, table []setting, getenv func(string) string) {
	for _, s := range table {
		if text := getenv(variable(s.key)); text != "" {
			v.Set(s.key, text)
			maps.DeleteFunc(l.origins, func(key string, _ origin) bool { return strings.HasPrefix(key, s.key+"[") })
			l.origins[s.key] = origin{variable: variable(s.key)}
		}
	}
}

// assign puts the uppermost text of every key into its field.
func (l *loader) assign(v *viper.Viper, scope string, table []setting) {
	for _, s := range table {
		key := scope + s.key
		switch got := v.Get(s.key).(type) {
		case []string:
			for i, text := range got {
				l.set(fmt.Sprintf("%s[%d]", key, i), s, text)
			}
		case string:
			for _, text := range s.split(got) {
				l.set(key, s, text)
			}
		}
		if s.required && v.GetString(s.key) == "" && !l.failed(key) {
			l.refuse(key, "", refusal{what: "missing", expected: s.expected})
		}
	}
}

// split is the values in a text from the environment or the defaults.
func (s setting) split(text string) []string {
	switch {
	case text == "":
		return nil
	case !s.list:
		return []string{text}
	}
	list := strings.Split(text, ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

func (l *loader) set(key string, s setting, text string) {
	if r := s.set(text); r != nil {
		l.refuse(key, text, *r)
	}
}

// refuse records a problem with what stands at key.
func (l *loader) refuse(key, text string, r refusal) {
	l.refuseAt(l.origin(key), key, text, r)
}

func (l *loader) refuseAt(at origin, key, text string, r refusal) {
	if r.private {
		text = ""
	}
	p := Problem{
		Source: l.file, Line: at.line, Column: at.column, Key: key, Text: shown(text),
		What: r.what, Expected: r.expected, Suggestion: r.suggestion,
	}
	if at.variable != "" {
		p.Source = at.variable
	}
	l.problems = append(l.problems, p)
}

// origin is where key stands, or the nearest group around it that does.
func (l *loader) origin(key string) origin {
	for {
		if at, ok := l.origins[key]; ok || key == "" {
			return at
		}
		key = key[:max(strings.LastIndexAny(key, ".["), 0)]
	}
}

// given reports whether key was set to something.
func (l *loader) given(key string) bool {
	at, ok := l.origins[key]
	return ok && !at.empty
}

// failed reports whether one of the keys is already refused; rules then keep quiet.
func (l *loader) failed(keys ...string) bool {
	for _, p := range l.problems {
		for _, key := range keys {
			if p.Key == key || strings.HasPrefix(p.Key, key+"[") {
				return true
			}
		}
	}
	return false
}
