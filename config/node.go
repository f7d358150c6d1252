// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// shape is what a place of the file may hold.
type shape int

const (
	noShape shape = iota
	scalarShape
	listShape  // of scalars
	groupShape // a mapping with keys of ours
	lanesShape // the list of lanes
)

// shapes is the place of every key and of every group of keys.
func shapes(settings []setting) map[string]shape {
	places := make(map[string]shape)
	for _, s := range settings {
		places[s.key] = scalarShape
		if s.list {
			places[s.key] = listShape
		}
		for i, c := range s.key {
			if c == '.' {
				places[s.key[:i]] = groupShape
			}
		}
	}
	return places
}

// document is the root mapping of the file, or nil with a problem on record.
func (l *loader) document(r io.Reader) *yaml.Node {
	decoder := yaml.NewDecoder(r)
	var first, second yaml.Node
	if err := decoder.Decode(&first); errors.Is(err, io.EOF) {
		l.refuse("", "", refusal{what: "empty", expected: "version, store and lanes"})
		return nil
	} else if err != nil {
		l.syntax(err)
		return nil
	}
	if err := decoder.Decode(&second); err == nil {
		l.origins[""] = originOf(&second)
		l.refuse("", "", refusal{what: "a second document", expected: "one document, without --- between"})
		return nil
	} else if !errors.Is(err, io.EOF) {
		l.syntax(err)
		return nil
	}
	root := first.Content[0]
	if root.Kind != yaml.MappingNode {
		l.origins[""] = originOf(root)
		l.refuse("", "", refusal{what: "not a config", expected: "keys such as version, store and lanes"})
		return nil
	}
	return root
}

// syntax records what the yaml reader stopped at. It says the line in its text alone, counted from 1
// in what its scanner finds and from 0 in what its parser finds.
func (l *loader) syntax(err error) {
	problem := Problem{Source: l.file}
	found := regexp.MustCompile(`(?s)^(?:yaml: )?(?:line (\d+): )?(.*)$`).FindStringSubmatch(err.Error())
	what := found[2]
	problem.Line, _ = strconv.Atoi(found[1])
	if rest, ok := strings.CutPrefix(what, "did not find expected "); ok && slices.Contains([]string{
		"<document start>", "node content", "'-' indicator", "key", "',' or ']'", "',' or '}'",
	}, rest) {
		problem.Line++
	}
	problem.What = "not yaml: " + what
	l.problems = append(l.problems, problem)
}

// walk reads the mapping n, which stands at prefix of scope, into nested texts. Scope is "" or
// "lanes[0]."; places and prefix are without it. What does not belong there is a problem.
func (l *loader) walk(n *yaml.Node, scope, prefix string, places map[string]shape) map[string]any {
	found := make(map[string]any)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, content := n.Content[i], n.Content[i+1]
		key := scope + prefix + printable(name)
		if before, twice := l.origins[key]; twice {
			what := fmt.Sprintf("stands here twice, first on line %d", before.line)
			l.refuseAt(originOf(name), key, "", refusal{what: what, expected: "each key once"})
			continue
		}
		l.origins[key] = originOf(name)
		place := places[prefix+name.Value]
		if name.Kind != yaml.ScalarNode || place == noShape || strings.Contains(name.Value, ".") {
			l.refuse(key, "", refusal{what: "unknown key", suggestion: suggestKey(name.Value, scope, prefix, places)})
			continue
		}
		if read := l.read(content, key, place, func() map[string]any {
			return l.walk(content, scope, prefix+name.Value+".", places)
		}); read != nil {
			found[name.Value] = read
		}
	}
	return found
}

// read is what n holds at a place of the given shape: a string, []string, what inner makes of a
// group, or nil for nothing (more).
func (l *loader) read(n *yaml.Node, key string, place shape, inner func() map[string]any) any {
	if reason := foreign(n); reason != "" {
		l.refuse(key, "", refusal{what: reason, expected: "the value itself"})
		return nil
	}
	if n.Kind == yaml.ScalarNode && (n.ShortTag() == "!!null" || n.Value == "") {
		at := l.origins[key]
		at.empty = true
		l.origins[key] = at
		return nil
	}
	switch {
	case place == scalarShape && n.Kind == yaml.ScalarNode:
		return n.Value
	case place == listShape && n.Kind == yaml.SequenceNode:
		return l.elements(n, key)
	case place == groupShape && n.Kind == yaml.MappingNode:
		return inner()
	case place == lanesShape && n.Kind == yaml.SequenceNode:
		l.lanes = n.Content
	default:
		l.refuse(key, "", refusal{what: "holds " + kindName(n), expected: place.String()})
	}
	return nil
}

func (l *loader) elements(n *yaml.Node, key string) []string {
	var list []string
	for i, element := range n.Content {
		at := fmt.Sprintf("%s[%d]", key, i)
		l.origins[at] = originOf(element)
		if foreign(element) != "" || element.Kind != yaml.ScalarNode || element.Value == "" {
			l.refuse(at, "", refusal{what: "holds " + kindName(element), expected: scalarShape.String()})
			continue
		}
		list = append(list, element.Value)
	}
	return list
}

// foreign names what of yaml a config does without: an alias can make a small file endless, and a
// tag can make a text something else than it looks like.
func foreign(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.AliasNode:
		return "a yaml alias"
	case n.Style&yaml.TaggedStyle != 0:
		return "a yaml tag"
	}
	return ""
}

func (s shape) String() string {
	return [...]string{"nothing", "one value", "a list such as [a, b]", "a group of keys", "a list of lanes"}[s]
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "a group of keys"
	case yaml.AliasNode:
		return "a yaml alias"
	case yaml.ScalarNode, yaml.DocumentNode:
	}
	if n.Value == "" {
		return "nothing"
	}
	return "one value"
}

// printable is the name of a key as messages may repeat it on one line.
func printable(name *yaml.Node) string {
	if name.Kind != yaml.ScalarNode {
		return "?"
	}
	if regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`).MatchString(name.Value) {
		return name.Value
	}
	return strconv.Quote(shown(name.Value))
}

// suggestKey is the known key that was meant: the nearest sibling, or a key that is called so
// elsewhere.
func suggestKey(name, scope, prefix string, places map[string]shape) string {
	var siblings, elsewhere []string
	for _, place := range slices.Sorted(maps.Keys(places)) {
		if rest, ok := strings.CutPrefix(place, prefix); ok && !strings.Contains(rest, ".") {
			siblings = append(siblings, rest)
		}
		if strings.HasSuffix("."+place, "."+name) {
			elsewhere = append(elsewhere, place)
		}
	}
	if near := nearest(name, siblings); near != "" {
		return scope + prefix + near
	}
	if len(elsewhere) > 0 {
		return scope + elsewhere[0]
	}
	return ""
}
