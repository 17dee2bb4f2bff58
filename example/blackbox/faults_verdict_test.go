package blackbox

import (
	"fmt"
	"slices"
	"time"
)

// contract is what each step may be answered, whatever is out of order. Of
// these only the first is what a person wants.
var contract = map[string][]string{
	"challenge": {"200", "503 store_unavailable"},
	"verify":    {"200", "400 challenge_invalid", "503 store_unavailable"},
	"check":     {"200", "401 unauthenticated", "503 store_unavailable"},
	"logout":    {"204", "503 store_unavailable"},
}

// strange are the answers that nobody may get: another status or code, a broken
// body, no answer from an instance that was alive.
func (r *recording) strange() (found []string) {
	for _, m := range r.all() {
		allowed := false
		for _, answer := range contract[m.step] {
			allowed = allowed || m.answer() == answer
		}
		if down, died := r.killed[m.at]; m.status == 0 && died && down.meets(m) {
			allowed = true
		}
		if !allowed || m.flaw != "" {
			found = append(found, fmt.Sprintf("%s at %s: %s %s", m.step, m.at, m.answer(), m.flaw))
		}
	}
	return found
}

// strays are the failures at a time when nothing was out of order. Excused is
// how many there were while Redis was slow by itself.
func (r *recording) strays() (found []moment, excused int) {
	for _, m := range r.all() {
		down, died := r.killed[m.at]
		switch {
		case !m.failed(), died && down.meets(m), !r.outage.from.IsZero() && r.outage.meets(m):
		case m.status != 0 && slices.ContainsFunc(r.slow, func(s span) bool { return s.meets(m) }):
			excused++
		default:
			found = append(found, m)
		}
	}
	return found, excused
}

// twice are the challenges that have signed in more than once.
func (r *recording) twice() (found []int) {
	n := make(map[int]int)
	for _, m := range r.all() {
		if m.step == "verify" && m.status == 200 {
			if n[m.login]++; n[m.login] == 2 {
				found = append(found, m.login)
			}
		}
	}
	return found
}

// broken is a word that was not kept.
type broken struct {
	session string
	given   time.Time // when it was acknowledged
	seen    time.Time // when it turned out
	at      string
}

func (b broken) String() string {
	return fmt.Sprintf("acknowledged %s, broken by %s %v later", b.given.Format("15:04:05.000"), b.at, b.seen.Sub(b.given).Round(time.Millisecond))
}

// lost are the sessions of which somebody was told, that nobody has tried to
// end, and that nobody knows afterwards. Unproven is how many were never looked
// at with a definite answer.
func (r *recording) lost() (found []broken, unproven int) {
	opened := make(map[string]moment)
	proven, ending, gone := make(map[string]bool), make(map[string]time.Time), make(map[string]bool)
	all := r.all()
	for _, m := range all {
		switch {
		case m.step == "verify" && m.status == 200:
			opened[m.session] = m
		case m.step == "logout":
			if first, tried := ending[m.session]; !tried || m.begun.Before(first) {
				ending[m.session] = m.begun
			}
		}
	}
	for _, m := range all {
		open, known := opened[m.session]
		first, tried := ending[m.session]
		if m.step != "check" || m.failed() || !known || !m.begun.After(open.ended) || tried && !m.ended.Before(first) {
			continue
		}
		proven[m.session] = true
		if m.status == 401 && !gone[m.session] {
			gone[m.session] = true
			found = append(found, broken{m.session, open.ended, m.ended, m.at})
		}
	}
	for session := range opened {
		if _, tried := ending[session]; !tried && !proven[session] {
			unproven++
		}
	}
	return found, unproven
}

// undone are the sessions that were served to a request that began after their
// end had been acknowledged. Untried is how many were not tried afterwards, on
// each of the instances, with a definite answer.
func (r *recording) undone(instances ...string) (found []broken, untried int) {
	ended := make(map[string]time.Time)
	all := r.all() // the first acknowledgement is the one that counts
	for _, m := range all {
		if _, known := ended[m.session]; m.step == "logout" && m.status == 204 && !known {
			ended[m.session] = m.ended
		}
	}
	tried, served := make(map[string]bool), make(map[string]bool)
	for _, m := range all {
		end, known := ended[m.session]
		if m.step != "check" || m.failed() || !known || !m.begun.After(end) {
			continue
		}
		tried[m.session+m.at] = true
		if m.status == 200 && !served[m.session] {
			served[m.session] = true
			found = append(found, broken{m.session, end, m.ended, m.at})
		}
	}
	for session := range ended {
		for _, at := range instances {
			if !tried[session+at] {
				untried++
			}
		}
	}
	return found, untried
}

// void are the challenges that were refused by both instances although they had
// signed nobody in and no failure had to do with it. An engine that begins
// another history of its data makes such.
func (r *recording) void() (found []int) {
	refused, excused := make(map[int]bool), make(map[int]bool)
	for _, m := range r.all() {
		switch {
		case m.step != "verify":
		case m.status == 400:
			refused[m.login] = true
		default: // it may have been taken by this one
			excused[m.login] = true
		}
	}
	for login := range refused {
		if !excused[login] {
			found = append(found, login)
		}
	}
	return found
}
