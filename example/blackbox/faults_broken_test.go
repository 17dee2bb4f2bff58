package blackbox

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// at is so many milliseconds after noon.
func at(ms int) time.Time {
	return time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond)
}

// script writes moments down as "what they are, when": those of a run that is
// right and in which everything happens, with this changed.
func script(changed map[int]moment, more ...moment) *recording {
	right := []moment{
		{step: "challenge", at: "A", login: 1, begun: at(0), ended: at(1), status: 200},
		{step: "verify", at: "A", login: 1, session: "s", begun: at(2), ended: at(5), status: 200},
		{step: "verify", at: "B", login: 1, begun: at(2), ended: at(6), status: 400, code: "challenge_invalid"},
		{step: "check", at: "B", session: "s", begun: at(7), ended: at(8), status: 200},
		{step: "check", at: "A", session: "s", begun: at(9), ended: at(12), status: 200},
		{step: "logout", at: "A", session: "s", begun: at(10), ended: at(14), status: 204},
		{step: "check", at: "A", session: "s", begun: at(15), ended: at(16), status: 401, code: "unauthenticated"},
		{step: "check", at: "B", session: "s", begun: at(15), ended: at(16), status: 401, code: "unauthenticated"},
		{step: "verify", at: "B", login: 1, begun: at(20), ended: at(21), status: 400, code: "challenge_invalid"},
		{step: "challenge", at: "B", login: 2, begun: at(22), ended: at(23), status: 503, code: "store_unavailable"},
		{step: "verify", at: "B", login: 3, session: "t", begun: at(24), ended: at(25), status: 200},
		{step: "check", at: "A", session: "t", begun: at(26), ended: at(27), status: 200},
		{step: "check", at: "B", begun: at(30), ended: at(31), status: 0},
	}
	for i, m := range changed {
		right[i] = m
	}
	return &recording{
		moments: append(right, more...),
		killed:  map[string]span{"B": {at(30), at(40)}},
		outage:  span{at(22), at(23)},
		slow:    []span{{at(60), at(70)}},
	}
}

// Each way in which a run can be wrong is noticed, by the one who should and by
// nobody else.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	check := func(status, begun int, session string) moment {
		return moment{step: "check", at: "A", session: session, begun: at(begun), ended: at(begun + 1), status: status}
	}
	refusedCheck := func(begun int, session string) moment {
		m := check(401, begun, session)
		m.code = "unauthenticated"
		return m
	}
	for name, c := range map[string]struct {
		rec  *recording
		want string
	}{
		"right":                         {script(nil), ""},
		"an error page":                 {script(nil, moment{step: "check", at: "A", status: 500, begun: at(22), ended: at(23)}), "strange"},
		"a code of another step":        {script(nil, moment{step: "logout", at: "A", status: 401, code: "unauthenticated"}), "strange"},
		"a refusal without a code":      {script(nil, check(401, 28, "nobody's")), "strange"},
		"a broken body":                 {script(map[int]moment{0: {step: "challenge", at: "A", login: 1, status: 200, flaw: "no JSON"}}), "strange"},
		"no answer from the living":     {script(nil, moment{step: "check", at: "A", begun: at(30), ended: at(31)}), "strange strays"},
		"no answer before death":        {script(nil, moment{step: "check", at: "B", begun: at(28), ended: at(29)}), "strange strays"},
		"no answer after rebirth":       {script(nil, moment{step: "check", at: "B", begun: at(41), ended: at(42)}), "strange strays"},
		"503 for no reason":             {script(nil, moment{step: "challenge", at: "A", begun: at(24), ended: at(25), status: 503, code: "store_unavailable"}), "strays"},
		"503 of a slow Redis":           {script(nil, moment{step: "challenge", at: "A", begun: at(65), ended: at(75), status: 503, code: "store_unavailable"}), ""},
		"500 of a slow Redis":           {script(nil, moment{step: "challenge", at: "A", begun: at(65), ended: at(75), status: 500, code: "internal"}), "strange"},
		"no answer, and Redis was slow": {script(nil, moment{step: "challenge", at: "A", begun: at(65), ended: at(75)}), "strange strays"},
		"the twin signs in too":         {script(map[int]moment{2: {step: "verify", at: "B", login: 1, session: "u", begun: at(2), ended: at(6), status: 200}}, check(200, 28, "u")), "twice"},
		"a replay signs in":             {script(map[int]moment{8: {step: "verify", at: "B", login: 1, session: "u", begun: at(20), ended: at(21), status: 200}}, check(200, 28, "u")), "twice"},
		"a session is not there":        {script(map[int]moment{11: refusedCheck(26, "t")}), "lost"},
		"a session vanishes":            {script(nil, refusedCheck(28, "t")), "lost"},
		"and comes back":                {script(nil, refusedCheck(28, "t"), check(200, 30, "t")), "lost"},
		"a session is not looked at":    {script(map[int]moment{11: check(200, 26, "v")}), "unproven"},
		"nobody can tell":               {script(map[int]moment{11: {step: "check", at: "A", session: "t", begun: at(22), ended: at(28), status: 503, code: "store_unavailable"}}), "unproven"},
		"a session after its end":       {script(map[int]moment{7: {step: "check", at: "B", session: "s", begun: at(15), ended: at(16), status: 200}}), "undone"},
		"long after its end":            {script(nil, check(200, 50, "s")), "undone"},
		"an end is not tried at B":      {script(map[int]moment{7: check(200, 15, "v")}), "untried"},
		"a logout that failed": {script(map[int]moment{
			5: {step: "logout", at: "A", session: "s", begun: at(10), ended: at(23), status: 503, code: "store_unavailable"},
		}, check(200, 24, "s")), ""}, // promises nothing
		"a challenge is refused": {script(map[int]moment{1: {step: "verify", at: "A", login: 1, begun: at(2), ended: at(5), status: 400, code: "challenge_invalid"}}), "void"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			lost, unproven := c.rec.lost()
			undone, untried := c.rec.undone("A", "B")
			strays, _ := c.rec.strays()
			for _, v := range []struct {
				name string
				n    int
			}{
				{"strange", len(c.rec.strange())}, {"strays", len(strays)}, {"twice", len(c.rec.twice())}, {"lost", len(lost)},
				{"unproven", unproven}, {"undone", len(undone)}, {"untried", untried}, {"void", len(c.rec.void())},
			} {
				if v.n > 0 {
					got += " " + v.name
				}
			}
			if got != "" {
				got = got[1:]
			}
			if got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// Full service is a second without a failure, in which everything works
// everywhere.
func TestService(t *testing.T) {
	t.Parallel()
	everything := func(ms int) (all []moment) {
		for step, status := range map[string]int{"challenge": 200, "verify": 200, "check": 200, "logout": 204} {
			for _, instance := range []string{"A", "B"} {
				all = append(all, moment{step: step, at: instance, begun: at(ms), ended: at(ms + 10), status: status})
			}
		}
		return all
	}
	failure := func(ms int) moment {
		return moment{step: "check", at: "A", begun: at(ms), ended: at(ms + 10), status: 503}
	}
	for name, c := range map[string]struct {
		moments []moment
		now     int
		since   int
		full    bool
	}{
		"at once":              {everything(100), 1000, 0, true},
		"too early to tell":    {everything(100), 900, 0, false},
		"failures before":      {append(everything(100), failure(-50)), 1000, 0, true},
		"a failure":            {append(everything(500), failure(200)), 1210, 210, true},
		"a failure just now":   {append(everything(100), failure(800)), 1200, 810, false},
		"nothing since":        {append(everything(100), failure(800)), 5000, 810, false},
		"no verify at A works": {slicesWithout(everything(100), "verify", "A"), 5000, 0, false},
		"B refuses all":        {append(slicesWithout(everything(100), "check", "B"), moment{step: "check", at: "B", begun: at(100), ended: at(110), status: 401}), 5000, 0, false},
		"nobody":               {nil, 5000, 0, false},
	} {
		r := &recording{moments: c.moments}
		since, full := r.service(at(0), at(c.now), "A", "B")
		if !since.Equal(at(c.since)) || full != c.full {
			t.Errorf("%s: since %v, %v; want %v, %v", name, since, full, at(c.since), c.full)
		}
	}
}

func slicesWithout(moments []moment, step, instance string) (rest []moment) {
	for _, m := range moments {
		if m.step != step || m.at != instance {
			rest = append(rest, m)
		}
	}
	return rest
}

// The flaws that an answer can have in itself.
func TestFlaws(t *testing.T) {
	t.Parallel()
	const cookie = "nearauth=abc; Path=/; HttpOnly; SameSite=Lax"
	const gone = "nearauth=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
	const down = `{"error":"Sessions cannot be read at the moment.","code":"store_unavailable"}`
	for i, c := range []struct {
		step    string
		status  int
		body    string
		cookies []string
		flawed  bool
	}{
		{"verify", 200, `{"accountId":"alice"}`, []string{cookie}, false},
		{"verify", 200, `{"accountId":"alice"}`, nil, true},
		{"verify", 200, `{"accountId":"alice"}`, []string{gone}, true},
		{"verify", 200, `{"accountId":"alice"}`, []string{cookie, cookie}, true},
		{"verify", 200, `{"accountId":"bob"}`, []string{cookie}, true},
		{"verify", 200, `{"accountId":"alice"`, []string{cookie}, true},
		{"verify", 200, down + `{"accountId":"alice"}`, []string{cookie}, true},
		{"verify", 503, down, nil, false},
		{"verify", 503, down, []string{cookie}, true},
		{"verify", 503, down + `{"accountId":"alice"}`, nil, true},
		{"verify", 503, `Service Unavailable`, nil, true},
		{"verify", 400, `{"error":"Ask again.","code":"challenge_invalid"}`, nil, false},
		{"verify", 400, `{"error":"Ask again.","code":""}`, nil, true},
		{"check", 200, `{"accountId":"alice"}`, nil, false},
		{"check", 200, `{"accountId":"bob"}`, nil, true},
		{"check", 200, `{"accountId":"alice"}`, []string{cookie}, true},
		{"check", 503, down, nil, false},
		{"check", 503, down, []string{gone}, true}, // the cookie is kept
		{"check", 401, `{"error":"Sign in.","code":"unauthenticated"}`, nil, false},
		{"logout", 204, "", []string{gone}, false},
		{"logout", 204, "", nil, true},
		{"logout", 204, down + "x", []string{gone}, true},
		{"logout", 503, down, []string{gone}, false},
		{"logout", 503, down, nil, true},
		{"logout", 503, down, []string{cookie}, true},
	} {
		res := &http.Response{StatusCode: c.status, Header: http.Header{"Set-Cookie": c.cookies, "Retry-After": {"2"}}}
		if flaw := flawOf(c.step, "alice", res, c.body); (flaw != "") != c.flawed {
			t.Errorf("%d: %q", i, flaw)
		}
	}
	late := &http.Response{StatusCode: 503, Header: http.Header{}}
	if flawOf("check", "alice", late, down) == "" {
		t.Error("nobody misses Retry-After")
	}
	if flaw := flawOf("challenge", "", &http.Response{StatusCode: 200, Header: http.Header{}}, fmt.Sprintf(`{"nonce":%q,"message":"m","recipient":"r"}`, "n")); flaw != "" {
		t.Error(flaw)
	}
}
