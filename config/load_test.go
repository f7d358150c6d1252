// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tillbridge/config"
	"tillbridge/internal/secret"
)

const eightLines = `version: 1
klarna: {environment: sandbox}
store: {reference: S0042}
lanes:
  - id: lane-1
    terminal_reference: T03
    currency: EUR
    till: {protocol: native, listen: "tcp://127.0.0.1:8585"}
`

// environment is a getenv with a home folder, so that data_dir has a default.
func environment(pairs ...string) func(string) string {
	known := map[string]string{"HOME": "/home/till"}
	for i := 0; i+1 < len(pairs); i += 2 {
		known[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return known[name] }
}

// write makes a file with the given mode in dir.
func write(t *testing.T, dir, name, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, content string, pairs ...string) (config.Config, error) {
	t.Helper()
	return config.Load(write(t, t.TempDir(), "till.yaml", content, 0o600), environment(pairs...))
}

func mustLoad(t *testing.T, content string, pairs ...string) config.Config {
	t.Helper()
	c, err := load(t, content, pairs...)
	if err != nil {
		t.Fatalf("Load(%s) = %v, want no error", content, err)
	}
	return c
}

// replaced is the eight-line file with one text replaced by another.
func replaced(t *testing.T, pairs ...string) string {
	t.Helper()
	content := eightLines
	for i := 0; i+1 < len(pairs); i += 2 {
		if !strings.Contains(content, pairs[i]) {
			t.Fatalf("no %q in the file", pairs[i])
		}
		content = strings.Replace(content, pairs[i], pairs[i+1], 1)
	}
	return content
}

func TestEightLinesGetEveryDefault(t *testing.T) {
	want := config.Config{
		Version: 1,
		DataDir: "/home/till/.local/state/tillbridge",
		HTTP:    config.HTTP{Listen: "127.0.0.1:8580"},
		Klarna: config.Klarna{
			Environment:       config.Sandbox,
			SandboxListen:     "127.0.0.1:8590",
			BaseURL:           &url.URL{Scheme: "http", Host: "127.0.0.1:8590"},
			AuthEncoding:      config.AuthAsIs,
			Dialect:           config.DialectNetwork,
			LocationPlacement: config.LocationStepUpConfig,
			Capture:           config.CaptureOnDelivery,
			OrderManagement:   config.OrdersOff,
			Webhook:           config.Webhook{Listen: "127.0.0.1:8581"},
		},
		Store:       config.Store{Reference: "S0042"},
		Deadlines:   config.Deadlines{Waiting: 5 * time.Minute, Scanned: 10 * time.Minute, TillGrace: 20 * time.Second},
		Undelivered: config.Undelivered{After: 10 * time.Minute},
		Retention:   400 * 24 * time.Hour,
		MaxAmount:   "10000.00",
		Receipts:    config.Receipts{Columns: 40},
		Settlement: config.Settlement{
			Separator: config.SeparatorComma, Decimal: config.DecimalPoint, Reference: "payment_reference", Amount: "amount",
			Currency: "currency", Type: "type", Fee: "fee", RefundTypes: []string{"return", "refund"}, SkipTypes: []string{"payout"},
		},
		Lanes: []config.Lane{{
			ID: "lane-1", TerminalReference: "T03", Currency: "EUR",
			Till: config.Till{
				Protocol: config.ProtocolNative, Ack: config.AckConfirm,
				Listen: config.Address{Scheme: config.SchemeTCP, Host: "127.0.0.1:8585"},
			},
			Display: config.Display{MayCancel: true, Languages: []string{"de", "en"}, DistanceMM: 500, Sound: config.SoundOff, Volume: 50},
		}},
	}
	if got := mustLoad(t, eightLines); !reflect.DeepEqual(got, want) {
		t.Errorf("Load(eight lines) =\n%+v, want\n%+v", got, want)
	}
}

func TestZVTGetsItsDefaults(t *testing.T) {
	c := mustLoad(t, replaced(t, "native", "zvt", "tcp://127.0.0.1:8585", "serial:///dev/ttyUSB7"))
	want := config.Till{
		Protocol: config.ProtocolZVT, Ack: config.AckConfirm,
		Listen: config.Address{Scheme: config.SchemeSerial, Path: "/dev/ttyUSB7", Baud: 9600, Bits: 8, Parity: config.ParityNone, Stop: 1},
		ZVT: config.ZVT{
			TerminalID: "00000001", CardType: 120, ReceiptLanguage: "de",
			DeadlineWithoutStatus: 150 * time.Second, Repeat: config.RepeatAsk,
		},
	}
	if got := c.Lanes[0].Till; !reflect.DeepEqual(got, want) {
		t.Errorf("till = %+v, want %+v", got, want)
	}
}

func TestLoadTakesEveryValue(t *testing.T) {
	c := mustLoad(t, `version: 1
data_dir: data
http: {listen: "[::1]:80", hosts: [Till.example, "till.example:8580"], allowed_origins: ["https://Shop.example:443"], allow_plain_lan: true}
klarna: {environment: sandbox, force_step_up: true, dialect: interop, location_placement: "off", capture: now, proxy: "socks5://proxy:1080"}
store: {id: krn-store}
deadlines: {waiting: 60s, scanned: 60s, till_grace: 2m}
retention: 90d
max_amount: 0.50
lanes:
  - id: a
    terminal_reference: T 03
    currency: CHF
    till: {protocol: zvt, listen: "tcp://0.0.0.0:20007", terminal_id: 00000042, password: 001234, card_type: 0, receipt_language: fr, deadline_without_status: 90s, repeat: attach}
    display: {required: true, languages: [fr], distance_mm: 800, name: "Bäckerei", sound: on, volume: 0, may_cancel: false, dark: "20:00-07:30", colours: {background: "#ffffff", text: "#000000"}}
  - id: b
    terminal_reference: T04
    currency: EUR
    till: {protocol: native}
`)
	for what, pair := range map[string][2]any{
		"relative data_dir stands beside the file": {filepath.Base(c.DataDir), "data"},
		"hosts are in lower case":                  {c.HTTP.Hosts, []string{"till.example", "till.example:8580"}},
		"origins are as browsers send them":        {c.HTTP.AllowedOrigins, []string{"https://shop.example"}},
		"a quoted off is a word":                   {c.Klarna.LocationPlacement, config.LocationOff},
		"an amount keeps its text":                 {c.MaxAmount, config.Decimal("0.50")},
		"digits keep their zeros":                  {c.Lanes[0].Till.ZVT.TerminalID, "00000042"},
		"a password too":                           {c.Lanes[0].Till.ZVT.Password.Reveal(), "001234"},
		"a list replaces its default":              {c.Lanes[0].Display.Languages, []string{"fr"}},
		"a sound":                                  {c.Lanes[0].Display.Sound, config.SoundOn},
		"no way to cancel":                         {c.Lanes[0].Display.MayCancel, false},
		"a way to cancel unless it is taken away":  {c.Lanes[1].Display.MayCancel, true},
		"no volume":                                {c.Lanes[0].Display.Volume, 0},
		"a night":                                  {c.Lanes[0].Display.Dark, config.Hours{From: 20 * 60, Until: 7*60 + 30}},
		"no listen is HTTP alone":                  {c.Lanes[1].Till.Listen.IsZero(), true},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: got %v, want %v", what, pair[0], pair[1])
		}
	}
}

func TestDataDirDefault(t *testing.T) {
	for name, test := range map[string]struct {
		env  []string
		want string
	}{
		"systemd's folder first":     {[]string{"STATE_DIRECTORY", "/var/lib/tillbridge", "XDG_STATE_HOME", "/x"}, "/var/lib/tillbridge"},
		"the first of several":       {[]string{"STATE_DIRECTORY", "/var/lib/a:/var/lib/b"}, "/var/lib/a"},
		"then XDG":                   {[]string{"XDG_STATE_HOME", "/x"}, "/x/tillbridge"},
		"a relative XDG is ignored":  {[]string{"XDG_STATE_HOME", "x"}, "/home/till/.local/state/tillbridge"},
		"the variable wins over all": {[]string{"STATE_DIRECTORY", "/s", "TILLBRIDGE_DATA_DIR", "/d"}, "/d"},
	} {
		if got := mustLoad(t, eightLines, test.env...).DataDir; got != test.want {
			t.Errorf("%s: DataDir = %q, want %q", name, got, test.want)
		}
	}
	_, err := load(t, eightLines, "HOME", "")
	wantLines(t, err, []string{"till.yaml: data_dir: missing: expected a folder"})
}

func TestEnvironmentOverridesTheFile(t *testing.T) {
	c := mustLoad(t, replaced(t, "version: 1", "version: 1\nhttp: {listen: 127.0.0.1:1, hosts: [file.example]}\ndeadlines: {waiting: nonsense}"),
		"TILLBRIDGE_HTTP_LISTEN", "127.0.0.1:2",
		"TILLBRIDGE_HTTP_HOSTS", "a.example, b.example",
		"TILLBRIDGE_DEADLINES_WAITING", "2m",
		"TILLBRIDGE_KLARNA_WEBHOOK_LISTEN", "127.0.0.1:3",
		"TILLBRIDGE_KLARNA_FORCE_STEP_UP", "true",
		"TILLBRIDGE_STORE_REFERENCE", "S1",
	)
	got := []any{c.HTTP.Listen, c.HTTP.Hosts, c.Deadlines.Waiting, c.Klarna.Webhook.Listen, c.Klarna.ForceStepUp, c.Store.Reference}
	want := []any{"127.0.0.1:2", []string{"a.example", "b.example"}, 2 * time.Minute, "127.0.0.1:3", true, "S1"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Load with environment = %v, want %v", got, want)
	}
	_, err := load(t, eightLines, "TILLBRIDGE_KLARNA_CAPTURE", "nwo", "TILLBRIDGE_HTTP_HOSTS", "a.example,,b")
	wantLines(t, err, []string{
		"TILLBRIDGE_HTTP_HOSTS: http.hosts: expected a host name such as till.example or till.example:8580",
		`TILLBRIDGE_KLARNA_CAPTURE: klarna.capture: "nwo": expected on_delivery or now; did you mean now?`,
	})
}

func TestLoadSaysWhichFileIsMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.yaml")
	_, err := config.Load(path, environment())
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("Load(%s) = %v, want a not-exist error with the path", path, err)
	}
	large := write(t, t.TempDir(), "large.yaml", strings.Repeat("#", 1<<20+1), 0o600)
	if _, err := config.Load(large, environment()); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("Load(%s) = %v, want a refusal of its size", large, err)
	}
}

// wantLines compares an error with the exact problems, file names without their folder.
func wantLines(t *testing.T, err error, want []string) {
	t.Helper()
	problems, ok := errors.AsType[config.Problems](err)
	if !ok {
		t.Errorf("got error %v, want Problems", err)
		return
	}
	var got []string
	for _, p := range problems {
		if filepath.Base(p.Source) == "till.yaml" {
			p.Source = "till.yaml"
		}
		got = append(got, p.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("problems =\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "key", "klarna_test_api_canary7c1f\n", 0o600)
	write(t, dir, "token", "canary7c1f-0123456789-0123456789", 0o600)
	content := replaced(t, "sandbox", "test, api_key_file: key", `8585"`, `8585", token_file: token`)
	c, err := config.Load(write(t, dir, "till.yaml", content, 0o600), environment())
	if err != nil {
		t.Fatal(err)
	}
	if printed := fmt.Sprintf("%v %+v %#v", c, c, c.Lanes); strings.Contains(printed, "canary") {
		t.Errorf("printed a secret: %s", printed)
	}
	if got := c.Klarna.APIKey; !got.Equal("klarna_test_api_canary7c1f") {
		t.Error("the key is not the file's line")
	}
	if got := []secret.Text{c.Lanes[0].Till.Token}; !got[0].Equal("canary7c1f-0123456789-0123456789") {
		t.Error("the token is not the file's line")
	}
}
