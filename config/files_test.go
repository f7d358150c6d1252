// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"tillbridge/config"
)

const (
	testKey = "klarna_test_api_aaaa"
	liveKey = "klarna_live_api_canary7c1f"
)

// loadIn loads a config file in dir, where the files that it names are.
func loadIn(t *testing.T, dir, content string, pairs ...string) (config.Config, error) {
	t.Helper()
	return config.Load(write(t, dir, "till.yaml", content, 0o600), environment(pairs...))
}

// wantRefused wants an error with part, and without the canary that stands in secret files.
func wantRefused(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("got error %v, want one with %q", err, part)
	} else if strings.Contains(err.Error(), "canary") {
		t.Errorf("error %v says a secret", err)
	}
}

func TestReadSecret(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		mode    fs.FileMode
		want    string // the secret, or
		refused string
	}{
		"no line end":                     {"canary", 0o600, "canary", ""},
		"read-only":                       {"canary", 0o400, "canary", ""},
		"row 66: a trailing newline":      {"canary\n", 0o600, "canary", ""},
		"row 66: a Windows line end":      {"canary\r\n", 0o600, "canary", ""},
		"row 66: two newlines":            {"canary\n\n", 0o600, "", "more than a secret"},
		"row 66: two Windows line ends":   {"canary\r\n\r\n", 0o600, "", "more than a secret"},
		"row 66: empty":                   {"", 0o600, "", "is empty"},
		"row 66: nothing but a line end":  {"\r\n", 0o600, "", "is empty"},
		"row 66: others can read it":      {"canary", 0o644, "", "others can use it (mode 0644)"},
		"row 66: others can write it":     {"canary", 0o602, "", "others can use it (mode 0602)"},
		"row 66: the group can write it":  {"canary", 0o620, "", "others can use it (mode 0620)"},
		"a byte order mark":               {"\ufeffcanary", 0o600, "", "more than a secret"},
		"a blank at the end":              {"canary \n", 0o600, "", "more than a secret"},
		"two lines":                       {"canary\ncanary\n", 0o600, "", "more than a secret"},
		"a NUL":                           {"canary\x00", 0o600, "", "more than a secret"},
		"no UTF-8":                        {"canary\xff", 0o600, "", "more than a secret"},
		"UTF-16, as Windows editors save": {"\xff\xfec\x00a\x00", 0o600, "", "more than a secret"},
		"too large":                       {strings.Repeat("canary", 20000), 0o600, "", "at most 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.Contains(test.refused, "mode") {
				t.Skip("modes are made up on Windows")
			}
			got, err := config.ReadSecret(write(t, t.TempDir(), "secret", test.content, test.mode))
			if test.refused != "" {
				wantRefused(t, err, test.refused)
				return
			}
			if err != nil || !got.Equal(test.want) {
				t.Errorf("ReadSecret = %q, %v, want %q", got.Reveal(), err, test.want)
			}
		})
	}
}

func TestReadSecretRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(write(t, dir, "secret", "canary", 0o600), link); err != nil {
		t.Skip("no links here:", err)
	}
	for path, part := range map[string]string{
		link:                        "is a link",
		dir:                         "is no regular file",
		filepath.Join(dir, "none"):  "no such file",
		filepath.Join(link, "none"): "no such file",
		os.DevNull:                  "is no regular file",
	} {
		_, err := config.ReadSecret(path)
		wantRefused(t, err, part)
	}
}

func TestReadSecretRefusesAnotherUsersFile(t *testing.T) {
	path := write(t, t.TempDir(), "secret", "canary", 0o600)
	if err := os.Chown(path, 12345, -1); err != nil {
		t.Skip("only root can give files away:", err)
	}
	_, err := config.ReadSecret(path)
	wantRefused(t, err, "belongs to user 12345")
}

func TestReadSecretRefusesAFolderForEverybody(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes are made up on Windows")
	}
	dir := t.TempDir()
	path := write(t, dir, "secret", "canary", 0o600)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := config.ReadSecret(path)
	wantRefused(t, err, "everybody can write to its folder")
}

func TestReadSigningKeys(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		want    []string // id, secret, …
		refused string
	}{
		"none yet":                {"", nil, ""},
		"two":                     {"# made on Monday\nkrn:a canary1\n\nkrn:b\tcanary2\n", []string{"krn:a", "canary1", "krn:b", "canary2"}, ""},
		"Windows line ends":       {"krn:a canary1\r\n", []string{"krn:a", "canary1"}, ""},
		"an id without a secret":  {"krn:a canary1\nkrn:b\n", nil, "line 2"},
		"too much on a line":      {"krn:a canary1 x\n", nil, "line 1"},
		"an id twice":             {"krn:a canary1\nkrn:a canary2\n", nil, "line 2"},
		"a byte order mark":       {"\ufeffkrn:a canary1\n", nil, "line 1"},
		"row 66: no last end":     {"  krn:a\tcanary1\n  # mine\nkrn:b canary#2", []string{"krn:a", "canary1", "krn:b", "canary#2"}, ""},
		"a control character":     {"krn:a canary1\x00\n", nil, "line 1"},
		"broken UTF-8":            {"krn:b x\nkrn:a canary1\xff\n", nil, "line 2"},
		"more than Klarna allows": {manyKeys(51), nil, "at most 50"},
	} {
		t.Run(name, func(t *testing.T) {
			keys, err := config.ReadSigningKeys(write(t, t.TempDir(), "keys", test.content, 0o600))
			if test.refused != "" {
				wantRefused(t, err, test.refused)
				return
			}
			var got []string
			for _, k := range keys {
				got = append(got, k.ID, k.Secret.Reveal())
			}
			if err != nil || strings.Join(got, "|") != strings.Join(test.want, "|") {
				t.Errorf("ReadSigningKeys = %v, %v, want %v", got, err, test.want)
			}
		})
	}
	_, err := config.ReadSigningKeys(filepath.Join(t.TempDir(), "none"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadSigningKeys(missing) = %v, want fs.ErrNotExist", err)
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("krn:" + strings.Repeat("k", i+1) + " canary\n")
	}
	return b.String()
}

func TestKeyGoesWithItsEnvironment(t *testing.T) {
	for name, test := range map[string]struct {
		klarna string
		key    string
		want   []string // problems
	}{
		"a test key":                          {"environment: test", testKey, nil},
		"a live key":                          {"environment: live", liveKey, nil},
		"a key of no known form":              {"environment: live", "uuid:canary", nil},
		"a test key for a simulator":          {"environment: test, base_url: 'http://127.0.0.1:8590'", testKey, nil},
		"Klarna's older test host":            {"environment: test, base_url: 'https://api.playground.klarna.com'", testKey, nil},
		"user and password":                   {"environment: test, auth_encoding: user_pass_base64", "canary:canary", nil},
		"row 67: a live key for test":         {"environment: test", liveKey, []string{`till.yaml:2: klarna.api_key_file: "DIR/key": holds a live key: expected a key for klarna.environment: test`}},
		"row 67: a test key for live":         {"environment: live", testKey, []string{`till.yaml:2: klarna.api_key_file: "DIR/key": holds a test key: expected a key for klarna.environment: live`}},
		"row 67: a live key in base64":        {"environment: test", "a2xhcm5hX2xpdmVfYXBpX2NhbmFyeQ==", []string{`till.yaml:2: klarna.api_key_file: "DIR/key": holds a live key: expected a key for klarna.environment: test`}},
		"row 67: live at the test host":       {"environment: live, base_url: 'https://api-global.test.klarna.com'", liveKey, []string{`till.yaml:2: klarna.base_url: "https://api-global.test.klarna.com": a host of Klarna's test environment: expected one for klarna.environment: live`}},
		"row 67: test at the live host":       {"environment: test, base_url: 'https://API-global.klarna.com.'", testKey, []string{`till.yaml:2: klarna.base_url: "https://API-global.klarna.com.": expected https://host, or http:// on loopback only`}},
		"row 67: test at the live host again": {"environment: test, base_url: 'https://API-global.klarna.com/'", testKey, []string{`till.yaml:2: klarna.base_url: "https://API-global.klarna.com": a host of Klarna's live environment: expected one for klarna.environment: test`}},
		"row 67: a live account for test":     {"environment: test, account_id: 'krn:partner:global:account:live:X'", testKey, []string{`till.yaml:2: klarna.account_id: "krn:partner:global:account:live:X": expected an account of klarna.environment: test`}},
		"a browser's client id":               {"environment: live", "klarna_live_client_abc", []string{`till.yaml:2: klarna.api_key_file: "DIR/key": holds a client id for browsers: expected an API key`}},
		"no password":                         {"environment: test, auth_encoding: user_pass_base64", testKey, []string{`till.yaml:2: klarna.api_key_file: "DIR/key": expected user:password in the file, for klarna.auth_encoding: user_pass_base64`}},
		"a key but nothing for environment":   {"environment: ", liveKey, []string{"till.yaml:2: klarna.environment: missing: expected sandbox, test or live, as there is a key or an account"}},
		"a key but no environment":            {"capture: now", liveKey, []string{"till.yaml:2: klarna.environment: missing: expected sandbox, test or live, as there is a key or an account"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "key", test.key+"\n", 0o600)
			c, err := loadIn(t, dir, replaced(t, "environment: sandbox", test.klarna+", api_key_file: key"))
			if len(test.want) == 0 {
				if err != nil || !c.Klarna.APIKey.Equal(test.key) {
					t.Errorf("Load = %v, want the key", err)
				}
				return
			}
			for i := range test.want {
				test.want[i] = strings.ReplaceAll(test.want[i], "DIR", dir)
			}
			wantLines(t, err, test.want)
		})
	}
}

func TestLiveAndTestNeedAKey(t *testing.T) {
	for _, environment := range []string{"test", "live"} {
		_, err := load(t, replaced(t, "sandbox", environment))
		wantLines(t, err, []string{"till.yaml:2: klarna.api_key_file: missing: expected a key file for klarna.environment: " + environment})
	}
}

func TestBaseURLDefaults(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "test", testKey, 0o600)
	write(t, dir, "live", liveKey, 0o600)
	for klarna, want := range map[string]string{
		"environment: test, api_key_file: test":                              "https://api-global.test.klarna.com",
		"environment: live, api_key_file: live":                              "https://api-global.klarna.com",
		"environment: sandbox":                                               "http://127.0.0.1:8590",
		"environment: sandbox, sandbox_listen: 'localhost:1'":                "http://localhost:1",
		"environment: live, api_key_file: live, base_url: 'https://gate/k/'": "https://gate/k",
	} {
		c, err := loadIn(t, dir, replaced(t, "environment: sandbox", klarna))
		if err != nil || c.Klarna.BaseURL.String() != want {
			t.Errorf("Load(%s): BaseURL = %v, %v, want %s", klarna, c.Klarna.BaseURL, err, want)
		}
	}
}

func TestMisplacedSecretsAreNotRepeated(t *testing.T) {
	for name, klarna := range map[string]string{
		"a key in place of its file":   "environment: live, api_key_file: " + liveKey,
		"a word in place of its file":  "environment: live, api_key_file: canary7c1f",
		"a key behind an unknown name": "environment: live, api_key: " + liveKey,
		"a key in place of another":    "environment: " + liveKey,
	} {
		_, err := load(t, replaced(t, "environment: sandbox", klarna))
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: Load = %v, want an error without the secret", name, err)
		}
	}
}

func TestSystemdCredentialsAreFound(t *testing.T) {
	dir, credentials := t.TempDir(), t.TempDir()
	write(t, dir, "key", "klarna_test_api_beside", 0o600)
	write(t, credentials, "key", "klarna_test_api_credential", 0o400)
	content := replaced(t, "sandbox", "test, api_key_file: key")
	c, err := loadIn(t, dir, content, "CREDENTIALS_DIRECTORY", credentials)
	if err != nil || !c.Klarna.APIKey.Equal("klarna_test_api_credential") {
		t.Errorf("Load with a credential = %v, want the credential", err)
	}
	c, err = loadIn(t, dir, content)
	if err != nil || !c.Klarna.APIKey.Equal("klarna_test_api_beside") {
		t.Errorf("Load without credentials = %v, want the file beside the config", err)
	}
	_, err = loadIn(t, dir, replaced(t, "sandbox", "test, api_key_file: ../none"), "CREDENTIALS_DIRECTORY", credentials)
	wantRefused(t, err, "no such file")
}

func TestSigningKeysFileMayComeLater(t *testing.T) {
	dir := t.TempDir()
	named := func(name string) string {
		return replaced(t, "sandbox}", "sandbox, webhook: {signing_keys_file: "+name+"}}")
	}
	c, err := loadIn(t, dir, named("later"))
	if want := filepath.Join(dir, "later"); err != nil || c.Klarna.Webhook.SigningKeysFile != want {
		t.Errorf("Load = %q, %v, want %q", c.Klarna.Webhook.SigningKeysFile, err, want)
	}
	_, err = loadIn(t, dir, named("folder/later"))
	wantRefused(t, err, "no such file")
	write(t, dir, "broken", "canary", 0o600)
	_, err = loadIn(t, dir, named("broken"))
	wantRefused(t, err, "line 1 of the file")
	write(t, dir, "open", "id canary", 0o644)
	_, err = loadIn(t, dir, named("open"))
	wantRefused(t, err, "others can use it")
}

// pair makes a certificate and its key, PEM each.
func pair(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
}

func TestOtherMachinesNeedTLSAndAToken(t *testing.T) {
	dir := t.TempDir()
	cert, key := pair(t)
	other, _ := pair(t)
	write(t, dir, "cert.pem", cert, 0o644)
	write(t, dir, "other.pem", other, 0o644)
	write(t, dir, "key.pem", key, 0o600)
	write(t, dir, "open.pem", key, 0o640)
	write(t, dir, "text.pem", "canary", 0o600)
	write(t, dir, "token", strings.Repeat("canary", 4), 0o600)
	write(t, dir, "short", "canary", 0o600)
	const tls = "tls_cert_file: cert.pem, tls_key_file: key.pem"
	for name, test := range map[string]struct {
		http, listen, token string
		refused             string // or all is well
	}{
		"TLS and a token":                     {"listen: ':8580', " + tls, "tcp://0.0.0.0:8585", "token", ""},
		"TLS on loopback needs no token":      {tls, "tcp://127.0.0.1:8585", "", ""},
		"plain displays, till on loopback":    {"listen: ':8580', allow_plain_lan: true", "tcp://[::1]:8585", "", ""},
		"TLS without a token":                 {tls, "tcp://0.0.0.0:8585", "", "lanes[0].till.token_file: missing: expected a token file, as other machines can reach tcp://0.0.0.0:8585"},
		"HTTP with TLS without a token":       {"listen: ':8580', " + tls, "tcp://127.0.0.1:8585", "", "lanes[0].till.token_file: missing: expected a token file, as other machines can reach http.listen :8580"},
		"a token without TLS":                 {"allow_plain_lan: true", "tcp://0.0.0.0:8585", "token", "other machines can reach it"},
		"a token that can be guessed":         {"", "tcp://127.0.0.1:8585", "short", "the token is short: expected at least 22 characters"},
		"a certificate alone":                 {"tls_cert_file: cert.pem", "tcp://127.0.0.1:8585", "", "http.tls_cert_file: one of two: expected http.tls_cert_file and http.tls_key_file, or neither"},
		"a certificate of another key":        {"tls_cert_file: other.pem, tls_key_file: key.pem", "tcp://127.0.0.1:8585", "", "does not go with http.tls_key_file"},
		"a key that the group can read":       {"tls_cert_file: cert.pem, tls_key_file: open.pem", "tcp://127.0.0.1:8585", "", "others can use it (mode 0640)"},
		"a key that is none":                  {"tls_cert_file: cert.pem, tls_key_file: text.pem", "tcp://127.0.0.1:8585", "", "no PEM block: expected a private key in PEM form"},
		"a certificate that is not there":     {"tls_cert_file: none.pem, tls_key_file: key.pem", "tcp://127.0.0.1:8585", "", `http.tls_cert_file: "none.pem": no such file: expected a file`},
		"a listener on a name is not trusted": {"listen: 'till:8580'", "tcp://127.0.0.1:8585", "", "other machines can reach it"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "a key that the group can read" {
				if os.Geteuid() == 0 {
					t.Skip("root's group is root")
				}
			}
			_, err := loadIn(t, dir, replaced(t, "version: 1", "version: 1\nhttp: {"+test.http+"}",
				`listen: "tcp://127.0.0.1:8585"`, `listen: "`+test.listen+`", token_file: `+test.token))
			switch {
			case test.refused != "":
				wantRefused(t, err, test.refused)
			case err != nil:
				t.Errorf("Load = %v, want no error", err)
			}
		})
	}
}
