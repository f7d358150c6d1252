// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
)

// violation is one that a run has found, and what became of it.
type violation struct{ seeds, what, mended string }

// found lists the violations of earlier runs. A seed means the same world only as long as the simulator stays as it is.
func found() []violation {
	return []violation{
		{
			"13480, 26734, 39037", "a till that asked for its last payment was answered with an older one, begun while the wall " +
				"clock was ahead, and counted as there for it",
			"product: the last payment is the one that began last in the journal",
		},
		{
			"92763, 118738", "an approval was not offered again: the link that spoke about it was gone, and another one of its " +
				"lane stayed open",
			"product: every open link of the lane hears it then",
		},
		{"7478", "a capture left with a key of 29 h", "simulator: its clock went back by 7 h while the process was down"},
		{"14974", "a till had heard unknown and nothing else", "simulator: the world ended while the update was on its way"},
		{"40207, 83181", "a captured sale counted as given back, and nobody knew: of two captures the first was in doubt, Klarna refused the second and called the transaction closed, without sums", "product: the doubt about an earlier capture is not forgotten"},
		{"148957", "an approval was not offered again to a request that had ended", "simulator: it had been refused as another sale, and its end was noticed late"},
		{"30959", "a till had not acknowledged a give-back", "simulator: its till kept a word to itself that came right after another"},
		{
			"6834, 8600, 24066", "a part sale was given back, and the rest of its charge lived on",
			"simulator: its staff said that the rest was released and had not released it",
		},
		{
			"161886, 163860, 167754, 171315, 177786, 98440", "a part that staff had captured in the portal was told as given back once " +
				"Klarna, telling no sums, had closed the sale",
			"product: without sums, closed proves nothing about a part whose capture was refused",
		},
		{
			"96763, 98824, 160277, 161963, 162636, 170442, 175787, 178005", "a refund was refused as too late while a copy of it was on its way",
			"simulator: what is closed stays closed, so that the copy does nothing",
		},
		{
			"94470, 94837, 94983, 97812, 98699, 160654, 161000, 161730, 169450, 173503, 175025, 175721, 178984",
			"staff could not refund a rest in the portal", "simulator: they cannot once the sale is closed, and it stays on their list",
		},
		{
			"85153, 165479, 176401", "an approval was not offered again",
			"simulator: a link counted as listening whose request had been refused before the sale began",
		},
		{
			"96599", "a payment was read from the journal while a newer record of it waited in the same commit",
			"simulator: a tick shared a commit with other inputs; the engine handles it alone",
		},
	}
}

func foundTable() string {
	var b strings.Builder
	b.WriteString("## Found and mended\n\nThe violations that runs of the night size have found, whole or not, by the seed of that day's simulator.\n\n" +
		"| seeds | violation | mended in |\n|---|---|---|\n")
	for _, v := range found() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", v.seeds, v.what, v.mended)
	}
	b.WriteString("\n")
	return b.String()
}
