package handlers

import (
	"encoding/json"
	"testing"
	"time"
)

// Whatever a text holds, the answer is the JSON that encoding/json would read
// back as that text.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{"", "Sign in to my-app.example", `a "quote", a \ and more`, "<script>&", "é\u2028\x00\x7f", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at := time.UnixMilli(1_795_000_000_120).UTC()
		a := newAnswer()
		a.text("text", s)
		a.optional("none", "")
		a.optional("some", s)
		a.time("time", at)
		a.int("int", -7)
		var got struct {
			Text string
			None *string
			Some string
			Time time.Time
			Int  int
		}
		if err := json.Unmarshal(append(a, '}'), &got); err != nil {
			t.Fatalf("%s: %v", a, err)
		}
		quoted, _ := json.Marshal(s) // with what is not UTF-8 replaced
		var want string
		_ = json.Unmarshal(quoted, &want)
		if got.Text != want || got.None != nil || got.Some != want || !got.Time.Equal(at) || got.Int != -7 {
			t.Errorf("%q: %+v", s, got)
		}
		if string(a[1:len(`{"text":`)+len(quoted)]) != `"text":`+string(quoted) {
			t.Errorf("%s, and encoding/json writes %s", a, quoted)
		}
	})
}
