// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLoadRefuses holds the exact words: people act on them.
func TestLoadRefuses(t *testing.T) {
	listen := "tcp://127.0.0.1:8585"
	second := `  - {id: lane-2, terminal_reference: T04, currency: EUR, till: {protocol: native, listen: "%s"}}` + "\n"
	for name, test := range map[string]struct {
		content string
		want    []string
	}{
		"an empty file":          {"", []string{"till.yaml: empty: expected version, store and lanes"}},
		"comments only":          {"# nothing\n", []string{"till.yaml: empty: expected version, store and lanes"}},
		"no UTF-8":               {"version: \xff\n", []string{"till.yaml: not yaml: invalid leading UTF-8 octet"}},
		"an anchor that is none": {"version: *v\n", []string{"till.yaml: not yaml: unknown anchor 'v' referenced"}},
		"a list": {"- a\n", []string{
			"till.yaml:1: not a config: expected keys such as version, store and lanes",
		}},
		"two documents": {eightLines + "---\nversion: 1\n", []string{
			"till.yaml:9: a second document: expected one document, without --- between",
		}},
		"no yaml": {"version: 1\nstore: {reference: [S0042}\n", []string{
			"till.yaml:2: not yaml: did not find expected ',' or ']'",
		}},
		"a tab": {"version: 1\nstore:\n\treference: x\n", []string{
			"till.yaml:3: not yaml: found character that cannot start any token",
		}},
		"nothing that must be there": {"klarna: {environment: sandbox}\n", []string{
			"till.yaml: lanes: missing: expected at least one lane",
			"till.yaml: store: missing: expected exactly one of store.reference and store.id",
			"till.yaml: version: missing: expected 1",
		}},
		"an empty lane": {"version: 1\nstore: {id: s}\nlanes:\n  - {}\n  - \n  - x\n", []string{
			"till.yaml:4: lanes[0].currency: missing: expected a currency of three capital letters such as EUR",
			"till.yaml:4: lanes[0].id: missing: expected 1 to 32 of a-z, 0-9 and -",
			"till.yaml:4: lanes[0].terminal_reference: missing: expected 1 to 255 printable characters without blanks at the ends",
			"till.yaml:4: lanes[0].till.protocol: missing: expected native or zvt",
			"till.yaml:5: lanes[1]: holds nothing: expected a lane with id, terminal_reference, currency and till",
			"till.yaml:6: lanes[2]: holds one value: expected a lane with id, terminal_reference, currency and till",
		}},
		"a newer format": {replaced(t, "version: 1", "version: 2"), []string{`till.yaml:1: version: "2": expected 1`}},
		"all problems at once": {
			replaced(t, "sandbox", "tst", "EUR", "eur", "native", "nativ"), []string{
				`till.yaml:2: klarna.environment: "tst": expected sandbox, test or live; did you mean test?`,
				`till.yaml:7: lanes[0].currency: "eur": expected a currency of three capital letters such as EUR; did you mean EUR?`,
				`till.yaml:8: lanes[0].till.protocol: "nativ": expected native or zvt; did you mean native?`,
			},
		},
		"receipts that no printer has, at no time of day": {
			eightLines + "receipts: {columns: 12, head: [\"a\\u0007\"]}\nday_end: {at: \"24:00\"}\nsettlement: {separator: \";\"}\n", []string{
				`till.yaml:9: receipts.columns: "12": expected a whole number from 24 to 80`,
				`till.yaml:9: receipts.head[0]: "a\a": expected 1 to 80 printable characters`,
				`till.yaml:10: day_end.at: "24:00": expected a time of day such as 23:30`,
				`till.yaml:11: settlement.separator: ";": expected comma, semicolon or tab`,
			},
		},
		"row 68: an unknown key": {
			replaced(t, "environment:", "envronment:"), []string{
				"till.yaml:2: klarna.envronment: unknown key; did you mean klarna.environment?",
			},
		},
		"row 68: a key in the wrong group": {
			replaced(t, "version: 1", "version: 1\napi_key_file: k"), []string{
				"till.yaml:2: api_key_file: unknown key; did you mean klarna.api_key_file?",
			},
		},
		"row 68: an unknown key in a lane": {
			replaced(t, "protocol: native", "protocoll: native, protocol: native"), []string{
				"till.yaml:8: lanes[0].till.protocoll: unknown key; did you mean lanes[0].till.protocol?",
			},
		},
		"a path in place of a key": {replaced(t, "version: 1", "version: 1\nstore.reference: x"), []string{
			`till.yaml:2: "store.reference": unknown key; did you mean store.reference?`,
		}},
		"a key in capitals": {replaced(t, "store:", "Store:"), []string{
			"till.yaml: store: missing: expected exactly one of store.reference and store.id",
			"till.yaml:3: Store: unknown key; did you mean store?",
		}},
		"row 69: a key that would break the line": {
			replaced(t, "version: 1", "version: 1\n\"x\\npaid\": 1\n? [a]\n: 1"), []string{
				`till.yaml:2: "x\npaid": unknown key`,
				"till.yaml:3: ?: unknown key",
			},
		},
		"row 68: a key that stands twice": {
			replaced(t, "{environment: sandbox}", "{environment: sandbox, environment: live}"), []string{
				"till.yaml:2: klarna.environment: stands here twice, first on line 2: expected each key once",
			},
		},
		"a group that stands twice": {eightLines + "store: {id: x}\n", []string{
			"till.yaml:9: store: stands here twice, first on line 3: expected each key once",
		}},
		"values of the wrong shape": {
			replaced(t, "version: 1", "version: [1]", "{environment: sandbox}", "sandbox", `{reference: S0042}`, "{reference: {a: b}}") + "    display: {languages: de}\n", []string{
				"till.yaml:1: version: holds a list: expected one value",
				"till.yaml:2: klarna: holds one value: expected a group of keys",
				"till.yaml:3: store.reference: holds a group of keys: expected one value",
				"till.yaml:9: lanes[0].display.languages: holds one value: expected a list such as [a, b]",
			},
		},
		"lanes by name": {"version: 1\nstore: {id: s}\nlanes: {lane-1: {currency: EUR}}\n", []string{
			"till.yaml:3: lanes: holds a group of keys: expected a list of lanes",
		}},
		"no lanes": {"version: 1\nstore: {id: s}\nlanes: []\n", []string{"till.yaml:3: lanes: missing: expected at least one lane"}},
		"aliases and tags": {
			replaced(t, "S0042", "&s S0042", "T03", "*s", "EUR", "!!binary EUR"), []string{
				"till.yaml:6: lanes[0].terminal_reference: a yaml alias: expected the value itself",
				"till.yaml:7: lanes[0].currency: a yaml tag: expected the value itself",
			},
		},
		"both names of a store": {replaced(t, "S0042", "S0042, id: x"), []string{
			`till.yaml:3: store.id: "x": expected exactly one of store.reference and store.id`,
		}},
		"a name with a line break": {replaced(t, "S0042", `"S\n0042"`), []string{
			`till.yaml:3: store.reference: "S\n0042": expected 1 to 255 printable characters without blanks at the ends`,
		}},
		"a lane id with a blank": {replaced(t, "id: lane-1", "id: Lane 1"), []string{
			`till.yaml:5: lanes[0].id: "Lane 1": expected 1 to 32 of a-z, 0-9 and -; did you mean lane-1?`,
		}},
		"a lane id that is too long": {replaced(t, "id: lane-1", "id: "+strings.Repeat("a", 33)), []string{
			`till.yaml:5: lanes[0].id: "` + strings.Repeat("a", 33) + `": expected 1 to 32 of a-z, 0-9 and -`,
		}},
		"times without sense": {
			replaced(t, "version: 1", "version: 1\nundelivered: {after: -5m}\nretention: 30d\ndeadlines: {waiting: 300, scanned: 29m, till_grace: 0s}"), []string{
				`till.yaml:2: undelivered.after: "-5m": expected a time from 1m to 24h`,
				`till.yaml:3: retention: "30d": expected a time from 90d to 3660d`,
				`till.yaml:4: deadlines.waiting: "300": expected a time from 30s to 15m; did you mean 300s?`,
				`till.yaml:4: deadlines.scanned: "29m": expected a time from 30s to 25m`,
				`till.yaml:4: deadlines.till_grace: "0s": expected a time from 5s to 2m`,
			},
		},
		"scanned ends before waiting": {replaced(t, "version: 1", "version: 1\ndeadlines: {waiting: 12m}"), []string{
			`till.yaml:2: deadlines.scanned: "10m": expected not less than deadlines.waiting, which is 12m`,
		}},
		"money with a comma": {replaced(t, "version: 1", "version: 1\nmax_amount: 10.000,00"), []string{
			`till.yaml:2: max_amount: "10.000,00": expected an amount above zero such as 10000.00; did you mean 10000.00?`,
		}},
		"money as a float": {replaced(t, "version: 1", "version: 1\nmax_amount: 1e4"), []string{
			`till.yaml:2: max_amount: "1e4": expected an amount above zero such as 10000.00`,
		}},
		"no money": {replaced(t, "version: 1", "version: 1\nmax_amount: 0.00"), []string{
			`till.yaml:2: max_amount: "0.00": expected an amount above zero such as 10000.00`,
		}},
		"yaml's other words for true": {replaced(t, "sandbox", "sandbox, force_step_up: yes"), []string{
			`till.yaml:2: klarna.force_step_up: "yes": expected true or false`,
		}},
		"row 68: two lanes of one id": {eightLines + strings.Replace(fmt.Sprintf(second, "tcp://127.0.0.1:1"), "lane-2", "lane-1", 1), []string{
			`till.yaml:9: lanes[1].id: "lane-1": also the id of lanes[0] on line 5: expected an id of its own`,
		}},
		"row 68: two lanes on one port": {eightLines + fmt.Sprintf(second, listen), []string{
			`till.yaml:9: lanes[1].till.listen: "tcp://127.0.0.1:8585": taken by lanes[0].till.listen on line 8: expected a device, socket or port of its own`,
		}},
		"row 68: two lanes on one serial port": {
			replaced(t, listen, "serial:///dev/ttyS9") + fmt.Sprintf(second, "serial:///dev//ttyS9?baud=19200"), []string{
				`till.yaml:9: lanes[1].till.listen: "serial:///dev/ttyS9?baud=19200&bits=8&parity=none&stop=1": taken by lanes[0].till.listen on line 8: expected a device, socket or port of its own`,
			},
		},
		"two lanes on one COM port": {
			replaced(t, listen, "serial:///COM3") + fmt.Sprintf(second, "serial:///com3"), []string{
				`till.yaml:9: lanes[1].till.listen: "serial:///COM3?baud=9600&bits=8&parity=none&stop=1": taken by lanes[0].till.listen on line 8: expected a device, socket or port of its own`,
			},
		},
		"two lanes on one socket": {
			replaced(t, listen, "unix:///run/a.sock") + fmt.Sprintf(second, "unix:///run/../run/a.sock"), []string{
				`till.yaml:9: lanes[1].till.listen: "unix:///run/a.sock": taken by lanes[0].till.listen on line 8: expected a device, socket or port of its own`,
			},
		},
		"a lane on the daemon's port": {replaced(t, listen, "tcp://localhost:8580"), []string{
			`till.yaml:8: lanes[0].till.listen: "tcp://localhost:8580": taken by http.listen: expected a device, socket or port of its own`,
		}},
		"the sandbox on the daemon's port": {replaced(t, "sandbox}", "sandbox, sandbox_listen: \"[::]:8580\"}", "version: 1", "version: 1\nhttp: {allow_plain_lan: true}"), []string{
			`till.yaml:3: klarna.sandbox_listen: "[::]:8580": taken by http.listen: expected a device, socket or port of its own`,
		}},
		"on_write on a serial line": {replaced(t, listen+`"`, `serial:///dev/ttyS9", ack: on_write`), []string{
			`till.yaml:8: lanes[0].till.ack: "on_write": proves nothing on a serial line: expected confirm`,
		}},
		"a display for everybody": {replaced(t, "version: 1", "version: 1\nhttp: {listen: \":8580\"}"), []string{
			`till.yaml:2: http.listen: ":8580": other machines can reach it: expected a loopback address, or http.tls_cert_file, or http.allow_plain_lan: true`,
		}},
		"a sandbox for everybody": {replaced(t, "sandbox}", "sandbox, sandbox_listen: 0.0.0.0:8590}"), []string{
			`till.yaml:2: klarna.sandbox_listen: "0.0.0.0:8590": other machines can reach it: expected a loopback address, or http.allow_plain_lan: true`,
		}},
		"a webhook for everybody": {replaced(t, "sandbox}", "sandbox, webhook: {listen: 10.0.0.1:8581, signing_keys_file: new}}"), []string{
			`till.yaml:2: klarna.webhook.listen: "10.0.0.1:8581": other machines can reach it: expected a loopback address, or http.allow_plain_lan: true`,
		}},
		"a native lane for everybody, even where displays are plain": {
			replaced(t, listen, "tcp://192.168.1.2:8585", "version: 1", "version: 1\nhttp: {allow_plain_lan: true}"), []string{
				`till.yaml:9: lanes[0].till.listen: "tcp://192.168.1.2:8585": other machines can reach it: expected a loopback address, or http.tls_cert_file and a token`,
			},
		},
		"a ZVT lane for everybody": {replaced(t, "native", "zvt", listen, "tcp://till-bridge:20007"), []string{
			`till.yaml:8: lanes[0].till.listen: "tcp://till-bridge:20007": other machines can reach it: expected a loopback address, or http.allow_plain_lan: true`,
		}},
		"http as a lane's address": {replaced(t, listen, "http://127.0.0.1:8580/v1/lanes/lane-1"), []string{
			`till.yaml:8: lanes[0].till.listen: "http://127.0.0.1:8580/v1/lanes/lane-1": every lane is served under http.listen: expected no address here for HTTP alone, or tcp://host:port, unix:///path or serial:///device`,
		}},
		"a bare device": {replaced(t, listen, "/dev/ttyUSB0"), []string{
			`till.yaml:8: lanes[0].till.listen: "/dev/ttyUSB0": expected tcp://host:port, unix:///path or serial:///device; did you mean serial:///dev/ttyUSB0?`,
		}},
		"a speed that does not exist": {replaced(t, listen, "serial:///dev/ttyS9?baud=96000"), []string{
			`till.yaml:8: lanes[0].till.listen: "serial:///dev/ttyS9?baud=96000": baud "96000": expected 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800 or 921600; did you mean 9600?`,
		}},
		"ZVT over seven bits": {replaced(t, "native", "zvt", listen, "serial:///dev/ttyS9?bits=7"), []string{
			`till.yaml:8: lanes[0].till.listen: "serial:///dev/ttyS9?baud=9600&bits=7&parity=none&stop=1": expected bits=8 for ZVT`,
		}},
		"ZVT's keys without ZVT": {replaced(t, `8585"`, `8585", card_type: 120`), []string{
			"till.yaml:8: lanes[0].till.card_type: only for till.protocol: zvt: expected no such key here",
		}},
		"ZVT's bad values": {
			replaced(t, "native", "zvt", `8585"`, `8585", terminal_id: 123, password: "12345", card_type: 256, receipt_language: DE, repeat: attatch`), []string{
				`till.yaml:8: lanes[0].till.terminal_id: "123": expected 8 digits`,
				`till.yaml:8: lanes[0].till.password: expected 6 digits, or nothing to accept every password`,
				`till.yaml:8: lanes[0].till.card_type: "256": expected a whole number from 0 to 255`,
				`till.yaml:8: lanes[0].till.receipt_language: "DE": expected a language of two small letters such as de`,
				`till.yaml:8: lanes[0].till.repeat: "attatch": expected ask, attach or new; did you mean attach?`,
			},
		},
		"a display's bad values": {
			eightLines + "    display: {required: 1, languages: [de, german, de], distance_mm: 50, name: \" x\", logo_file: logo.exe,\n      colours: {background: white, text: ffffff}}\n", []string{
				`till.yaml:9: lanes[0].display.required: "1": expected true or false`,
				`till.yaml:9: lanes[0].display.languages[1]: "german": expected a language of two small letters such as de`,
				`till.yaml:9: lanes[0].display.languages[2]: "de": stands here twice: expected each one once`,
				`till.yaml:9: lanes[0].display.distance_mm: "50": expected a whole number from 200 to 5000`,
				`till.yaml:9: lanes[0].display.name: " x": expected 1 to 40 printable characters without blanks at the ends`,
				`till.yaml:9: lanes[0].display.logo_file: "logo.exe": expected a .svg, .png, .jpg or .webp file of at most 1 MiB`,
				`till.yaml:10: lanes[0].display.colours.background: "white": expected a colour such as "#ffb3c7"`,
				`till.yaml:10: lanes[0].display.colours.text: "ffffff": expected a colour such as "#ffb3c7"; did you mean #ffffff?`,
			},
		},
		"colours that nobody can read": {eightLines + "    display: {colours: {background: \"#ffb3c7\", text: \"#ffffff\"}}\n", []string{
			`till.yaml:9: lanes[0].display.colours.text: "#ffffff": contrast 1.7 to the background: expected at least 4.5`,
		}},
		"a text that is too pale for the page's own background": {eightLines + "    display: {colours: {text: \"#eeeeee\"}}\n", []string{
			`till.yaml:9: lanes[0].display.colours.text: "#eeeeee": contrast 1.1 to the background: expected at least 4.5`,
		}},
		"sound and hours that are none": {eightLines + "    display: {sound: loud, volume: 101, dark: \"22:00-22:00\"}\n", []string{
			`till.yaml:9: lanes[0].display.sound: "loud": expected off or on`,
			`till.yaml:9: lanes[0].display.volume: "101": expected a whole number from 0 to 100`,
			`till.yaml:9: lanes[0].display.dark: "22:00-22:00": expected two times of day such as 20:00-07:00`,
		}},
		"addresses that are none": {
			replaced(t, "sandbox}", "sandbox, proxy: \"http://user:hunter2@proxy:3128\"}", "version: 1", "version: 1\nhttp: {listen: 127.0.0.1, hosts: [\"*\"], allowed_origins: [\"null\", \"https://a/b\"]}"), []string{
				`till.yaml:2: http.listen: "127.0.0.1": expected host:port, such as 127.0.0.1:8580`,
				`till.yaml:2: http.hosts[0]: "*": expected a host name such as till.example or till.example:8580`,
				`till.yaml:2: http.allowed_origins[0]: "null": expected an origin such as https://shop.example, without a path`,
				`till.yaml:2: http.allowed_origins[1]: "https://a/b": expected an origin such as https://shop.example, without a path`,
				`till.yaml:3: klarna.proxy: "http://…@proxy:3128": expected http://, https:// or socks5:// and host:port, without a user name and password`,
			},
		},
		"a base URL in the sandbox": {replaced(t, "sandbox}", "sandbox, base_url: \"http://127.0.0.1:1\"}"), []string{
			`till.yaml:2: klarna.base_url: "http://127.0.0.1:1": expected none: the sandbox is its own Klarna; or klarna.environment: test`,
		}},
		"a base URL in the clear": {replaced(t, "sandbox}", "sandbox, base_url: \"http://klarna.example\"}"), []string{
			`till.yaml:2: klarna.base_url: "http://klarna.example": expected https://host, or http:// on loopback only`,
		}},
		"order management beside an account": {
			replaced(t, "sandbox}", "sandbox, order_management: eu, account_id: \"krn:partner:global:account:test:X\"}"), []string{
				`till.yaml:2: klarna.order_management: "eu": only for direct partners: expected off beside klarna.account_id, or no klarna.account_id`,
			},
		},
		"order management without a region": {replaced(t, "sandbox}", "sandbox, order_management: true}"), []string{
			`till.yaml:2: klarna.order_management: "true": expected off, eu, na or oc`,
		}},
		"an account of no form": {replaced(t, "sandbox}", "sandbox, account_id: 4711}"), []string{
			`till.yaml:2: klarna.account_id: "4711": expected Klarna's account id, which begins with krn:`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, test.content)
			wantLines(t, err, test.want)
		})
	}
}

func TestLoadRefusesTooManyLanes(t *testing.T) {
	var content strings.Builder
	content.WriteString("version: 1\nstore: {id: s}\nlanes:\n")
	for i := range 129 {
		fmt.Fprintf(&content, "  - {id: l%d, terminal_reference: T, currency: EUR, till: {protocol: native}}\n", i)
	}
	_, err := load(t, content.String())
	wantLines(t, err, []string{"till.yaml:3: lanes: 129 of them: expected at most 128 lanes"})
	mustLoad(t, strings.TrimSuffix(content.String(), "  - {id: l128, terminal_reference: T, currency: EUR, till: {protocol: native}}\n"))
}

func TestLoadSeesOneDeviceBehindTwoNames(t *testing.T) {
	dir := t.TempDir()
	device := write(t, dir, "ttyUSB0", "", 0o600)
	link := filepath.Join(dir, "by-id")
	if err := os.Symlink(device, link); err != nil {
		t.Skip("no links here:", err)
	}
	content := replaced(t, "tcp://127.0.0.1:8585", "serial://"+device) +
		fmt.Sprintf("  - {id: lane-2, terminal_reference: T, currency: EUR, till: {protocol: native, listen: \"serial://%s\"}}\n", link)
	if _, err := load(t, content); err == nil || !strings.Contains(err.Error(), "taken by lanes[0].till.listen on line 8") {
		t.Errorf("Load with a device and a link to it = %v, want a refusal", err)
	}
}
