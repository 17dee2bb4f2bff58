package siwe

import (
	"fmt"
	"strconv"
	"time"
)

// Time is a moment in the spelling of RFC 3339 that the text has. The zero Time
// is none. Values are made by [ParseTime] and [NewTime] only.
type Time struct {
	moment time.Time
	text   string
}

// NewTime returns t in UTC, cut to milliseconds: "2026-01-01T00:00:00Z", or
// with ".250" if they are not zero. The zero time.Time, and one whose year has
// not four digits, give the zero Time.
func NewTime(t time.Time) Time {
	t = t.UTC().Truncate(time.Millisecond)
	if t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return Time{}
	}
	layout := "2006-01-02T15:04:05Z"
	if t.Nanosecond() != 0 {
		layout = "2006-01-02T15:04:05.000Z"
	}
	return Time{t, t.Format(layout)}
}

// ParseTime reads the date-time of RFC 3339 §5.6: a date of the calendar, a
// time with or without a fraction, and "Z" or an offset. "T" and "Z" may be
// lower-case. Second 60 is accepted where a leap second can be, in the last
// minute of a month in UTC, and is the moment after it. Digits of the fraction
// behind the ninth are not looked at. Errors wrap [ErrMessage].
//
// time.Parse is more forgiving (a comma for the dot) and has no leap seconds.
func ParseTime(s string) (Time, error) {
	moment, ok := parseTime(s)
	if !ok {
		return Time{}, fmt.Errorf("%w: not an RFC 3339 date and time", ErrMessage)
	}
	return Time{moment, s}, nil
}

// Time returns the moment, in UTC.
func (t Time) Time() time.Time { return t.moment }

// IsZero reports whether t is none.
func (t Time) IsZero() bool { return t.text == "" }

// String returns the text.
func (t Time) String() string { return t.text }

func parseTime(s string) (moment time.Time, ok bool) {
	// 2006-01-02T15:04:05, then a fraction, then the offset.
	if len(s) < len("2006-01-02T15:04:05Z") || s[4] != '-' || s[7] != '-' || s[10]|0x20 != 't' || s[13] != ':' || s[16] != ':' {
		return time.Time{}, false
	}
	year, month, day := number(s[:4]), number(s[5:7]), number(s[8:10])
	hour, minute, second := number(s[11:13]), number(s[14:16]), number(s[17:19])
	nanosecond, zone, ok := fraction(s[19:])
	offset, known := parseOffset(zone)
	if !ok || !known || min(year, month, day, hour, minute, second) < 0 || hour > 23 || minute > 59 || second > 60 {
		return time.Time{}, false
	}
	moment = time.Date(year, time.Month(month), day, hour, minute, min(second, 59), nanosecond, time.UTC)
	// Date turns the 31st of February into a day of March.
	if moment.Month() != time.Month(month) || moment.Day() != day {
		return time.Time{}, false
	}
	moment = moment.Add(-offset)
	if second == 60 {
		moment = moment.Add(time.Second)
		if moment.Day() != 1 || moment.Hour() != 0 || moment.Minute() != 0 {
			return time.Time{}, false
		}
	}
	return moment, true
}

// number reads digits, and returns -1 for anything else.
func number(s string) int {
	if !all(s, isDigit) {
		return -1
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// fraction reads [ "." 1*DIGIT ] and returns it in nanoseconds, and what is left.
func fraction(s string) (nanoseconds int, rest string, ok bool) {
	if s == "" || s[0] != '.' {
		return 0, s, true
	}
	end := 1
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	digits := s[1:end]
	if digits == "" {
		return 0, s, false
	}
	nine := (digits + "000000000")[:9]
	return number(nine), s[end:], true
}

// parseOffset reads "Z", "+15:04" or "-15:04".
func parseOffset(s string) (time.Duration, bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	if len(s) != len("+15:04") || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return 0, false
	}
	hours, minutes := number(s[1:3]), number(s[4:6])
	if min(hours, minutes) < 0 || hours > 23 || minutes > 59 {
		return 0, false
	}
	offset := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}
