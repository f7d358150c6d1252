// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"tillbridge/payment"
)

const (
	maxBook    = 64 << 20  // bytes of a file that is read
	maxRows    = 1_000_000 // rows of it
	maxCell    = 256       // bytes of one cell
	maxColumns = 128
	// maxSum keeps sums of all rows far from overflow, in minor units.
	maxSum = 1 << 40
)

// Kept is what the till says is left of one payment, in minor units.
type Kept struct {
	ID       payment.ID
	Minor    int64
	Currency payment.Currency
}

// TillBook is what the tills of a shop have counted: totals of each lane, or every single payment.
type TillBook struct {
	Totals   []LaneTotals // nil if Payments is not
	Payments []Kept
}

// BookError says where a file cannot be read. It repeats nothing of it.
type BookError struct {
	Line int
	Why  string
}

// Error implements error.
func (e *BookError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Why) }

// ParseTill reads a till's book as CSV with a head line (RFC 4180), amounts in integer minor units. Either
// the totals of lanes, as WriteCSV writes them:
//
//	lane,currency,sales,sale_sum,refunds,refund_sum,reversals,reversal_sum
//
// or single payments, where kind is sale, refund or reversal, and id is that of the sale:
//
//	lane,id,kind,amount,currency
func ParseTill(r io.Reader) (TillBook, error) {
	t, err := readTable(r, ',')
	if err != nil {
		return TillBook{}, err
	}
	if slices.Contains(t.head, "id") {
		return t.payments()
	}
	return t.totals()
}

// table is a CSV file as rows of cells by the names of its head.
type table struct {
	head []string
	rows []row
}

type row struct {
	line  int
	cells map[string]string
}

func readTable(r io.Reader, separator rune) (table, error) {
	in := csv.NewReader(skipMark(io.LimitReader(r, maxBook)))
	in.Comma, in.ReuseRecord = separator, true
	var t table
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := lineOf(in, cells)
		switch {
		case err != nil:
			if bad, ok := errors.AsType[*csv.ParseError](err); ok {
				return table{}, &BookError{Line: bad.Line, Why: "expected CSV with as many cells as the head"}
			}
			return table{}, fmt.Errorf("read the book: %w", err)
		case len(cells) > maxColumns || slices.ContainsFunc(cells, func(c string) bool { return len(c) > maxCell }):
			return table{}, &BookError{Line: line, Why: "a cell or the line is too long"}
		case len(t.rows) == maxRows:
			return table{}, &BookError{Line: line, Why: fmt.Sprintf("expected at most %d lines", maxRows)}
		case t.head == nil:
			if t.head, err = headOf(cells); err != nil {
				return table{}, &BookError{Line: line, Why: err.Error()}
			}
			continue
		}
		one := row{line: line, cells: make(map[string]string, len(cells))}
		for i, c := range cells {
			one.cells[t.head[i]] = strings.TrimSpace(c)
		}
		t.rows = append(t.rows, one)
	}
	if t.head == nil {
		return table{}, &BookError{Line: 1, Why: "expected a head line"}
	}
	return t, nil
}

func lineOf(in *csv.Reader, cells []string) (line, column int) {
	if len(cells) == 0 {
		return 0, 0
	}
	return in.FieldPos(0)
}

// headOf is the names of the columns: without case, and none twice.
func headOf(cells []string) ([]string, error) {
	head := make([]string, 0, len(cells))
	for _, c := range cells {
		name := strings.ToLower(strings.TrimSpace(c))
		if slices.Contains(head, name) {
			return nil, errors.New("a column appears twice")
		}
		head = append(head, name)
	}
	return head, nil
}

// skipMark takes the byte order mark off that spreadsheets write before UTF-8.
func skipMark(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if mark, err := b.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = b.Discard(3) // they were peeked
	}
	return b
}

// needs refuses a table that lacks a column.
func (t table) needs(names ...string) error {
	for _, name := range names {
		if !slices.Contains(t.head, name) {
			return &BookError{Line: 1, Why: fmt.Sprintf("expected a column %s", name)}
		}
	}
	return nil
}

func (r row) wrong(column, want string) error {
	return &BookError{Line: r.line, Why: fmt.Sprintf("%s: expected %s", column, want)}
}

// whole reads a whole number from low on.
func (r row) whole(column string, low int64) (int64, error) {
	n, err := strconv.ParseInt(r.cells[column], 10, 64)
	if err != nil || n < low || n > maxSum {
		return 0, r.wrong(column, "a whole number")
	}
	return n, nil
}

func (r row) currency(column string) (payment.Currency, error) {
	c := payment.Currency(r.cells[column])
	if _, known := c.Exponent(); !known {
		return "", r.wrong(column, "a currency such as EUR")
	}
	return c, nil
}

func (r row) lane() (payment.LaneID, error) {
	lane := r.cells["lane"]
	if lane == "" || payment.CleanText(lane, maxCell) != lane {
		return "", r.wrong("lane", "the id of a lane")
	}
	return payment.LaneID(lane), nil
}

func (t table) totals() (TillBook, error) {
	if err := t.needs(totalsColumns()...); err != nil {
		return TillBook{}, err
	}
	sum := NewTally(Span{})
	for _, r := range t.rows {
		lane, err := r.lane()
		if err != nil {
			return TillBook{}, err
		}
		s, err := r.sums()
		if err != nil {
			return TillBook{}, err
		}
		sum.sums(lane, s.Currency).add(s)
	}
	return TillBook{Totals: sum.Lanes()}, nil
}

func (r row) sums() (Sums, error) {
	c, err := r.currency("currency")
	if err != nil {
		return Sums{}, err
	}
	var n [6]int64
	for i, column := range totalsColumns()[2:] {
		if n[i], err = r.whole(column, 0); err != nil {
			return Sums{}, err
		}
	}
	return Sums{
		Currency: c, Sales: int(n[0]), SaleSum: n[1], Refunds: int(n[2]), RefundSum: n[3], Reversals: int(n[4]), ReversalSum: n[5],
	}, nil
}

func (t table) payments() (TillBook, error) {
	if err := t.needs("lane", "id", "kind", "amount", "currency"); err != nil {
		return TillBook{}, err
	}
	book, at := TillBook{Payments: []Kept{}}, map[payment.ID]int{}
	for _, r := range t.rows {
		k, err := r.kept()
		if err != nil {
			return TillBook{}, err
		}
		i, known := at[k.ID]
		if !known {
			at[k.ID] = len(book.Payments)
			book.Payments = append(book.Payments, k)
			continue
		}
		if book.Payments[i].Currency != k.Currency {
			return TillBook{}, r.wrong("currency", "the one of the sale's other lines")
		}
		book.Payments[i].Minor += k.Minor
	}
	return book, nil
}

func (r row) kept() (Kept, error) {
	lane, err := r.lane()
	if err != nil {
		return Kept{}, err
	}
	id := payment.TillID(r.cells["id"])
	if id.Check() != nil {
		return Kept{}, r.wrong("id", "1 to 64 printable ASCII characters")
	}
	amount, err := r.whole("amount", 1)
	if err != nil {
		return Kept{}, err
	}
	switch r.cells["kind"] {
	case "sale":
	case "refund", "reversal":
		amount = -amount
	default:
		return Kept{}, r.wrong("kind", "sale, refund or reversal")
	}
	c, err := r.currency("currency")
	return Kept{ID: payment.ID{Lane: lane, Till: id}, Minor: amount, Currency: c}, err
}
