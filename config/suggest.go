// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import "strings"

// maxWord is the longest word that is worth comparing, in bytes.
const maxWord = 40

// nearest is the candidate that word was probably meant to be, or "". Of equally near ones the
// first wins.
func nearest(word string, candidates []string) string {
	if len(word) < 2 || len(word) > maxWord {
		return ""
	}
	word = strings.ToLower(word)
	best, most := "", min(3, (len(word)+2)/4)
	for _, candidate := range candidates {
		if d := distance(word, candidate); d <= most {
			best, most = candidate, d-1
		}
	}
	return best
}

// distance counts the letters to insert, remove, replace or swap with their neighbour to get from
// a to b (optimal string alignment).
func distance(a, b string) int {
	older, old, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		older, old, row = old, row, older
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := old[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(replace, old[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
	}
	return row[len(b)]
}

// alternatives is "a, b or c".
func alternatives(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
