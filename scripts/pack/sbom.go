// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"io"
	"runtime/debug"
	"strings"
	"time"
)

// bill is the part of a CycloneDX 1.5 document that a Go program fills
// (https://cyclonedx.org/docs/1.5/json/).
type bill struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   metadata    `json:"metadata"`
	Components []component `json:"components"`
}

type metadata struct {
	Timestamp string    `json:"timestamp"`
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	URL        string     `json:"purl"`
	Properties []property `json:"properties,omitempty"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// writeSBOM writes what a binary says of itself: the compiler, how it was built, and each module that
// is linked in, with the sum that go.sum knows it by. The list is never null.
func writeSBOM(w io.Writer, info *debug.BuildInfo, at time.Time) error {
	main := library(&info.Main)
	main.Type = "application"
	main.Properties = settings(info)
	b := bill{
		Format: "CycloneDX", Spec: "1.5", Version: 1,
		Metadata:   metadata{Timestamp: at.Format(time.RFC3339), Component: main},
		Components: []component{standardLibrary(info.GoVersion)},
	}
	for _, m := range info.Deps {
		b.Components = append(b.Components, library(m))
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(b)
}

// library describes m, or what replaced it: that is what was linked.
func library(m *debug.Module) component {
	if m.Replace != nil {
		m = m.Replace
	}
	url := "pkg:golang/" + m.Path
	if m.Version != "" {
		url += "@" + strings.ReplaceAll(m.Version, "+", "%2B") // purl-spec, "version": percent-encoded
	}
	c := component{Type: "library", Ref: url, Name: m.Path, Version: m.Version, URL: url}
	if m.Sum != "" {
		c.Properties = []property{{"go:sum", m.Sum}}
	}
	return c
}

// standardLibrary is linked into every Go program; its holes are ours too.
func standardLibrary(version string) component {
	number, _, _ := strings.Cut(strings.TrimPrefix(version, "go"), " ")
	url := "pkg:golang/stdlib@" + number
	return component{Type: "library", Ref: url, Name: "stdlib", Version: number, URL: url}
}

func settings(info *debug.BuildInfo) []property {
	all := []property{{"go:version", info.GoVersion}}
	for _, s := range info.Settings {
		all = append(all, property{"go:build:" + s.Key, s.Value})
	}
	return all
}
