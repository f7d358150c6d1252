// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// staff runs a command of this program, and gives what it printed.
func (s *shop) staff(args ...string) (code int, out, said string) {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	getenv := func(name string) string { return map[string]string{"USER": "anna"}[name] }
	code = run(s.t.Context(), args, streams{out: &stdout, err: &stderr, getenv: getenv})
	return code, stdout.String(), stderr.String()
}

// Staff erase a stored customer: it is charged no more, and who did it, when and why is in the journal, without the token.
func TestStaffForgetAStoredCustomer(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	handle, raw := s.enrol("C1", present)
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"customer", "forget", handle, "--config", s.file}, 2, "--reason"},
		{[]string{"customer", "forget", "--config", s.file, "--reason", "by letter"}, 2, "accepts 1 arg"},
		{[]string{"customer", "forget", "ct_nobody", "--config", s.file, "--reason", "by letter"}, 1, "no stored customer has this handle"},
		{[]string{"customer", "forget", handle, "--config", s.file, "--reason", "asked for by letter"}, 0, handle + ": forgotten, recorded"},
		{[]string{"customer", "forget", handle, "--config", s.file, "--reason", "by letter"}, 1, "no stored customer has this handle"},
	} {
		if code, out, said := s.staff(tt.args...); code != tt.code || !strings.Contains(out+said, tt.want) {
			t.Errorf("%q ended with %d, %q, %q, want %d and %q", tt.args, code, out, said, tt.code, tt.want)
		}
	}
	var n news
	if code := s.put("C2", order{"customer_token": handle}, &n); code/100 != 4 || !strings.Contains(n.Text, "customer_token") {
		t.Errorf("a forgotten token answered %d, %+v, want a refusal that names it", code, n)
	}
	if code := s.call(http.MethodDelete, s.web+"/v1/lanes/lane-1/customer-tokens/"+handle, nil, &n); code != http.StatusOK {
		t.Errorf("a till that forgets it too hears %d", code)
	}
	s.daemon.kill()
	code, out, said := s.staff("journal", "export", "--data", filepath.Join(filepath.Dir(s.file), "data"))
	want := `"event":"customer_forgotten","customer_token":"` + handle + `","at":"20`
	if code != 0 || strings.Count(out, want) != 1 || !strings.Contains(out, `"by":"anna","reason":"asked for by letter"`) {
		t.Errorf("the export ended with %d, %q:\n%s", code, said, out)
	}
	if strings.Contains(out, raw) {
		t.Error("the export holds the token")
	}
}
