package siwe_test

import (
	"testing"
	"time"

	"github.com/nearauth/nearauth/handlers/siwe"
)

func TestParseTime(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]time.Time{
		"2026-01-01T00:00:00Z":            time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		"2024-02-29t23:59:59z":            time.Date(2024, 2, 29, 23, 59, 59, 0, time.UTC),
		"2026-01-01T00:00:00.5Z":          time.Date(2026, 1, 1, 0, 0, 0, 5e8, time.UTC),
		"2026-01-01T00:00:00.000000001Z":  time.Date(2026, 1, 1, 0, 0, 0, 1, time.UTC),
		"2026-01-01T00:00:00.9999999999Z": time.Date(2026, 1, 1, 0, 0, 0, 999999999, time.UTC),
		"2026-01-01T00:00:00-02:00":       time.Date(2026, 1, 1, 2, 0, 0, 0, time.UTC),
		"2026-01-01T00:00:00+23:59":       time.Date(2025, 12, 31, 0, 1, 0, 0, time.UTC),
		"0000-01-01T00:00:00Z":            time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC),
		"9999-12-31T23:59:59Z":            time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		"2017-01-01T05:29:60+05:30":       time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC),
		"2016-12-31T15:59:60.25-08:00":    time.Date(2017, 1, 1, 0, 0, 0, 25e7, time.UTC),
	} {
		got, err := siwe.ParseTime(s)
		if err != nil || !got.Time().Equal(want) || got.String() != s || got.IsZero() {
			t.Errorf("%s: %v, error %v", s, got.Time(), err)
		}
	}
	for _, s := range []string{
		"", "2026-01-01", "2026-01-01T00:00Z", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-1-01T00:00:00Z", "26-01-01T00:00:00Z",
		"2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
		"2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:60Z", "2026-01-30T23:59:60Z",
		"2016-12-31T22:59:60Z", "2016-12-31T23:58:60Z", "2017-01-01T00:59:60Z", "2026-01-01T00:00:00,5Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.5",
		"2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+00:60", "2026-01-01T00:00:00+0000", "2026-01-01T00:00:00+00", "2026-01-01T00:00:00ZZ",
		"2026-01-01T00:00:00+-1:00", "+026-01-01T00:00:00Z", "2026-01-01T00:00:+1Z", "2026-01-01T00:00:00 Z", "٢٠26-01-01T00:00:00Z",
	} {
		if got, err := siwe.ParseTime(s); err == nil || !got.IsZero() {
			t.Errorf("%s: %v", s, got.Time())
		}
	}
}

func TestNewTime(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", -2*60*60)
	for want, moment := range map[string]time.Time{
		"2026-01-01T02:00:00Z":     time.Date(2026, 1, 1, 0, 0, 0, 999999, zone),
		"2026-01-01T02:00:00.010Z": time.Date(2026, 1, 1, 0, 0, 0, 10999999, zone),
		"":                         {},
	} {
		got := siwe.NewTime(moment)
		if got.String() != want || got.IsZero() != (want == "") {
			t.Errorf("%v is %q", moment, got)
		}
		if again, err := siwe.ParseTime(want); want != "" && (err != nil || again != got) {
			t.Errorf("%s: %v is not %v, error %v", want, again, got, err)
		}
	}
	for _, year := range []int{-1, 10000} {
		if got := siwe.NewTime(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)); !got.IsZero() {
			t.Errorf("the year %d: %s", year, got)
		}
	}
}
