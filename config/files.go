// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/pem"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tillbridge/internal/secret"
)

// files finds what the config names. A relative path is looked for among the systemd credentials
// and then beside the config file.
type files struct {
	dir    string // of the config file
	getenv func(string) string
}

// dataDir is the folder for the journal when the file names none: systemd's StateDirectory, else
// what the XDG Base Directory Specification and Windows provide for. "" if there is no such place.
func (f files) dataDir() string {
	state, _, _ := strings.Cut(f.getenv("STATE_DIRECTORY"), ":") // systemd.exec(5): a list
	if filepath.IsAbs(state) {
		return state
	}
	for _, base := range []string{f.getenv("XDG_STATE_HOME"), home(f.getenv("HOME")), f.getenv("LOCALAPPDATA")} {
		if filepath.IsAbs(base) {
			return filepath.Join(base, "tillbridge")
		}
	}
	return ""
}

func home(dir string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, ".local", "state")
}

// find is the path of a file that the config calls name.
func (f files) find(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	if dir := f.getenv("CREDENTIALS_DIRECTORY"); dir != "" && filepath.IsLocal(name) {
		path := filepath.Join(dir, name)
		if exists(path) {
			return path
		}
	}
	return filepath.Join(f.dir, name)
}

// folder is a path that may not exist yet.
func (f files) folder(field *string) value {
	return parsed(field, "a folder", func(text string) (string, bool) {
		if filepath.IsAbs(text) {
			return filepath.Clean(text), true
		}
		return filepath.Join(f.dir, text), !strings.ContainsRune(text, 0)
	})
}

// checked is the path of a file that check has nothing against.
func (f files) checked(field *string, expected string, check func(path string) *refusal) value {
	return value{fields: []any{field}, expected: expected, set: func(text string) *refusal {
		path := f.find(text)
		if r := check(path); r != nil {
			return r
		}
		*field = path
		return nil
	}}
}

// plain is a file that anybody may read.
func (f files) plain(field *string) value {
	return f.checked(field, "a file", regular)
}

func regular(path string) *refusal {
	if info := stat(path); info == nil || !info.Mode().IsRegular() {
		return &refusal{what: "no such file", expected: "a file"}
	}
	return nil
}

// stat is what path leads to, or nil.
func stat(path string) fs.FileInfo {
	info, err := os.Stat(path) //nolint:gosec // G703: the operator names the file
	if err != nil {
		return nil
	}
	return info
}

// exists reports whether something, be it a broken link, is at path.
func exists(path string) bool {
	_, err := os.Lstat(path) //nolint:gosec // G703: the operator names the file
	return err == nil
}

// logo is a picture that browsers show.
func (f files) logo(field *string) value {
	const expected = "a .svg, .png, .jpg or .webp file of at most 1 MiB"
	return f.checked(field, expected, func(path string) *refusal {
		info := stat(path)
		picture := slices.Contains([]string{".svg", ".png", ".jpg", ".jpeg", ".webp"}, strings.ToLower(filepath.Ext(path)))
		if info == nil || !info.Mode().IsRegular() || !picture || info.Size() > 1<<20 {
			return &refusal{expected: expected}
		}
		return nil
	})
}

// guarded is a private key.
func (f files) guarded(field *string) value {
	return f.private(field, "a private key that only its owner can read", func(data []byte) *refusal {
		if block, _ := pem.Decode(data); block == nil {
			return &refusal{what: "no PEM block", expected: "a private key in PEM form"}
		}
		return nil
	})
}

// secret is a file of one line, and that line.
func (f files) secret(path *string, field *secret.Text) value {
	v := f.private(path, "a file that only its owner can read", func(data []byte) *refusal {
		line, r := oneLine(data)
		if r != nil {
			return r
		}
		*field = secret.New(line)
		return nil
	})
	v.fields = append(v.fields, field)
	return v
}

// signingKeys is a file that the first registered webhook makes.
func (f files) signingKeys(field *string) value {
	v := f.private(field, "a file that only its owner can read", func(data []byte) *refusal {
		_, r := parseSigningKeys(data)
		return r
	})
	existing := v.set
	v.set = func(text string) *refusal {
		path := f.find(text)
		if folder := stat(filepath.Dir(path)); folder != nil && folder.IsDir() && !exists(path) {
			*field = path
			return nil
		}
		return existing(text)
	}
	return v
}

// private is a file that readPrivate reads and check likes. Its name is repeated only where it is
// an absolute path: a bare word that names no file may be the secret itself.
func (f files) private(field *string, expected string, check func(data []byte) *refusal) value {
	v := f.checked(field, expected, func(path string) *refusal {
		data, r := readPrivate(path)
		if r == nil {
			r = check(data)
		}
		return r
	})
	open := v.set
	v.set = func(text string) *refusal {
		r := open(text)
		if r != nil {
			r.private = !filepath.IsAbs(text) && !exists(f.find(text))
		}
		return r
	}
	return v
}
