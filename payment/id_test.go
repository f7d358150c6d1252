// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"tillbridge/payment"
)

func TestTillIDCheck(t *testing.T) {
	tests := map[string]struct {
		id payment.TillID
		ok bool
	}{
		"a number":                             {"7", true},
		"row 9: leading zeros are kept":        {"007", true},
		"row 9: dots and slashes are a name":   {"../x", true},
		"every printable character":            {"!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~ az", true},
		"64 characters":                        {payment.TillID(strings.Repeat("7", 64)), true},
		"row 9: empty":                         {"", false},
		"row 9: 65 characters":                 {payment.TillID(strings.Repeat("7", 65)), false},
		"row 9: 10 KiB":                        {payment.TillID(strings.Repeat("7", 10<<10)), false},
		"row 9: a line end":                    {"7\n", false},
		"row 9: ESC":                           {"\x1b[2J", false},
		"row 9: a right-to-left mark":          {"7\u202e8", false},
		"row 9: invalid UTF-8":                 {"7\xff", false},
		"row 9: NUL":                           {"\x00", false},
		"row 9: DEL":                           {"7\x7f", false},
		"row 9: a tab":                         {"7\t8", false},
		"row 9: an umlaut":                     {"kasse-ä", false},
		"row 9: full-width digits":             {"７", false},
		"row 69: a line that looks like a log": {"x\npaid lane=1", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if err := tt.id.Check(); (err == nil) != tt.ok {
				t.Errorf("Check(%.40q) = %v, want ok %v", tt.id, err, tt.ok)
			}
		})
	}
}

func TestTillIDErrorsDoNotRepeatTheID(t *testing.T) {
	for _, id := range []payment.TillID{"canary\n", payment.TillID("canary" + strings.Repeat("x", 100))} {
		if err := id.Check(); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("row 69: Check(%q) = %v, want an error without what the till wrote", id, err)
		}
	}
}

func TestTillIDErrorsSayWhere(t *testing.T) {
	tests := map[payment.TillID]string{
		"":            "id of 0 characters: expected 1 to 64",
		"7\n":         "id: character 2 is not printable ASCII",
		"\x1f7":       "id: character 1 is not printable ASCII",
		"0123456789ä": "id: character 11 is not printable ASCII",
	}
	for id, want := range tests {
		if err := id.Check(); err == nil || err.Error() != want {
			t.Errorf("Check(%q) = %v, want %s", id, err, want)
		}
	}
}

func TestIDNamesLaneAndPayment(t *testing.T) {
	a := payment.ID{Lane: "lane-1", Till: "7"}
	if got, want := a.String(), "lane-1/7"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if a == (payment.ID{Lane: "lane-2", Till: "7"}) || a == (payment.ID{Lane: "lane-1", Till: "007"}) {
		t.Error("rows 5 and 9: another lane's 7, or 007, must be another payment")
	}
}

func names() payment.Names {
	return payment.Names{Account: "acc", Store: "S0042", Terminal: "T03", Epoch: "k7x2"}
}

// TestNamesNeverChange holds keys and references to testdata/names.txt, which was made without this
// package. A version that made others would charge again what an older one has begun.
func TestNamesNeverChange(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "names.txt"))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		count++
		from, want, ok := strings.Cut(line, " = ")
		f := strings.Split(from, "|")
		if !ok || len(f) != 8 {
			t.Fatalf("names.txt: %q does not have eight parts and a key", line)
		}
		attempt, err := strconv.Atoi(f[7])
		if err != nil {
			t.Fatal(err)
		}
		n := payment.Names{Account: f[0], Store: f[1], Terminal: f[2], Epoch: f[3]}
		id := payment.ID{Lane: payment.LaneID(f[4]), Till: payment.TillID(f[5])}
		if got := n.Key(id, payment.Write(f[6]), attempt); string(got) != want {
			t.Errorf("Key(%s) = %s, want %s", from, got, want)
		}
		if f[6] == "sale" && n.Reference(id) != want {
			t.Errorf("Reference(%s) = %s, want %s", from, n.Reference(id), want)
		}
	}
	if count < 10 {
		t.Errorf("names.txt has %d lines, want at least 10", count)
	}
}

func TestKeysDifferByEveryComponent(t *testing.T) {
	id := payment.ID{Lane: "lane-1", Till: "7"}
	other := func(change func(*payment.Names)) payment.Names { n := names(); change(&n); return n }
	keys := map[string]payment.Key{
		"the same":         names().Key(id, payment.WriteAuthorize, 1),
		"another account":  other(func(n *payment.Names) { n.Account = "acd" }).Key(id, payment.WriteAuthorize, 1),
		"another store":    other(func(n *payment.Names) { n.Store = "S0043" }).Key(id, payment.WriteAuthorize, 1),
		"another terminal": other(func(n *payment.Names) { n.Terminal = "T04" }).Key(id, payment.WriteAuthorize, 1),
		"another journal":  other(func(n *payment.Names) { n.Epoch = "k7x3" }).Key(id, payment.WriteAuthorize, 1),
		"another lane":     names().Key(payment.ID{Lane: "lane-2", Till: "7"}, payment.WriteAuthorize, 1),
		"another payment":  names().Key(payment.ID{Lane: "lane-1", Till: "007"}, payment.WriteAuthorize, 1),
		"another write":    names().Key(id, payment.WriteFinalize, 1),
		"another attempt":  names().Key(id, payment.WriteAuthorize, 2),
		"the reference":    payment.Key(names().Reference(id)),
		// Parts must not run into each other: what ends one may not begin the next.
		"shifted between lane and journal": other(func(n *payment.Names) { n.Epoch = "-1k7x2" }).Key(payment.ID{Lane: "lane", Till: "7"}, payment.WriteAuthorize, 1),
		"shifted between store and till":   other(func(n *payment.Names) { n.Store, n.Terminal = "S0042T", "03" }).Key(id, payment.WriteAuthorize, 1),
		"shifted between till and write":   names().Key(payment.ID{Lane: "lane-1", Till: "7a"}, "uthorize", 1),
	}
	seen := make(map[payment.Key]string)
	for name, k := range keys {
		if twin, ok := seen[k]; ok {
			t.Errorf("%s and %s have the same key %s", name, twin, k)
		}
		seen[k] = name
	}
	if again := names().Key(id, payment.WriteAuthorize, 1); again != keys["the same"] {
		t.Errorf("the same intent has the keys %s and %s", again, keys["the same"])
	}
}

func TestKeysAreUUIDs(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	for i := range 300 {
		id := payment.ID{Lane: "lane-1", Till: payment.TillID(strconv.Itoa(i))}
		if k := names().Key(id, payment.WriteVoid, i); !form.MatchString(string(k)) {
			t.Errorf("Key(%s) = %s, want the form of UUID version 5 (RFC 9562 §5.5)", id, k)
		}
	}
}

func TestShortCode(t *testing.T) {
	tests := map[string]string{
		reference:                              "QZJ3CNF7",
		"66b4d62a-776c-528f-b7d7-794c56bae5f0": "S43ZWSDF",
		"":                                     "V8WT7VJY",
	}
	for ref, want := range tests {
		if got := payment.ShortCode(ref); got != want {
			t.Errorf("ShortCode(%q) = %s, want %s", ref, got, want)
		}
	}
	for i := range 500 {
		if code := payment.ShortCode(strconv.Itoa(i)); len(code) != 8 || strings.ContainsAny(code, "ILOUabc=") {
			t.Errorf("ShortCode(%d) = %q, want eight characters that nobody misreads", i, code)
		}
	}
}
