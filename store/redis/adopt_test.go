package redis_test

import (
	"context"
	"encoding/gob"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/alexedwards/scs/redisstore"
	"github.com/alexedwards/scs/v2"
	redigo "github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// profile is a type of the application's own.
type profile struct{ Name string }

func init() {
	gob.Register(profile{})
	gob.Register(time.Time{}) // as scs itself wants it
}

// stock is a running site with scs, redisstore and the default codec.
func stock(t *testing.T, server *redistest.Server) *scs.SessionManager {
	t.Helper()
	m := scs.New()
	pool := &redigo.Pool{Dial: func() (redigo.Conn, error) { return redigo.Dial("tcp", server.Addr) }}
	t.Cleanup(func() { _ = pool.Close() })
	m.Store = redisstore.New(pool)
	return m
}

func adopting(t *testing.T, server *redistest.Server) *scs.SessionManager {
	t.Helper()
	s := open(t, server.URL())
	m, err := store.NewSessions(s, store.SessionsConfig{Origin: "https://my-app.example", Idle: time.Hour, Adopt: s.Legacy("scs:session:")})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func loaded(t *testing.T, m *scs.SessionManager, token string) context.Context {
	t.Helper()
	ctx, err := m.Load(context.Background(), token)
	if err != nil {
		t.Fatal(err)
	}
	return ctx
}

func committed(t *testing.T, m *scs.SessionManager, ctx context.Context) string {
	t.Helper()
	token, _, err := m.Commit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// person is somebody whom the application has signed in by its own means.
func person(t *testing.T, m *scs.SessionManager) (token string, now time.Time) {
	t.Helper()
	now = time.Now().Round(0)
	ctx := loaded(t, m, "")
	m.Put(ctx, "user", 42)
	m.Put(ctx, "since", now)
	m.Put(ctx, "profile", profile{"Alice"})
	return committed(t, m, ctx), now
}

// A running site with scs's default codec adopts the kit: nobody is signed
// out, values keep their types, and records are rewritten at their next commit.
func TestARunningSiteAdoptsTheKit(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	token, now := person(t, stock(t, server))
	m := adopting(t, server)
	key := "scs:session:" + token
	gobbed := string(server.Do(t, "GET", key).([]byte))
	for range 3 {
		ctx := loaded(t, m, token)
		if m.GetInt(ctx, "user") != 42 || !m.GetTime(ctx, "since").Equal(now) || m.Get(ctx, "profile") != (profile{"Alice"}) {
			t.Fatalf("user %v, since %v, profile %v", m.Get(ctx, "user"), m.Get(ctx, "since"), m.Get(ctx, "profile"))
		}
		if _, err := store.Current(ctx, m); !errors.Is(err, store.ErrGone) {
			t.Fatalf("signed in with a wallet: %v", err)
		}
	}
	if string(server.Do(t, "GET", key).([]byte)) != gobbed {
		t.Error("reading rewrites")
	}
	life := server.Do(t, "PTTL", key).(int64)
	ctx := loaded(t, m, token)
	m.Put(ctx, "n", 1)
	if got := committed(t, m, ctx); got != token {
		t.Error("another token: the browser's cookie would still be good, but why")
	}
	if string(server.Do(t, "GET", key).([]byte)) == gobbed {
		t.Error("a commit does not rewrite")
	}
	if after := server.Do(t, "PTTL", key).(int64); after > life || after < life-60_000 {
		t.Errorf("time to live %d, before %d", after, life)
	}
	ctx = loaded(t, m, token)
	if m.GetInt(ctx, "n") != 1 || m.GetInt(ctx, "user") != 42 || m.Get(ctx, "profile") != (profile{"Alice"}) {
		t.Error("values lost by the rewrite")
	}

	// A wallet sign-in keeps them, under a new token; the old one is dead.
	alice := store.Account{Chain: "near:testnet", ID: "alice.testnet", PublicKey: "ed25519:1"}
	if _, err := store.SignIn(ctx, m, alice, store.Client{}); err != nil {
		t.Fatal(err)
	}
	ctx = loaded(t, m, m.Token(ctx))
	if s, err := store.Current(ctx, m); err != nil || s.Account != alice || m.GetInt(ctx, "user") != 42 {
		t.Errorf("after the sign-in: %v %v", s, err)
	}
	if server.Do(t, "EXISTS", key).(int64) != 0 || m.GetInt(loaded(t, m, token), "user") != 0 {
		t.Error("the old token lives on")
	}
}

// A logout of an adopted session stays done, however late a request that was
// under way ends, rewritten or not.
func TestLogoutOfAnAdoptedSessionStaysDone(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	old, m := stock(t, server), adopting(t, server)
	for _, rewritten := range []bool{false, true} {
		token, _ := person(t, old)
		if rewritten {
			ctx := loaded(t, m, token)
			m.Put(ctx, "n", 1)
			committed(t, m, ctx)
		}
		slow, renewing := loaded(t, m, token), loaded(t, m, token)
		if err := store.SignOut(loaded(t, m, token), m); err != nil {
			t.Fatal(err)
		}
		m.Put(slow, "n", 2)
		if _, _, err := m.Commit(slow); !errors.Is(err, store.ErrGone) {
			t.Errorf("rewritten %v: a late commit: %v", rewritten, err)
		}
		if err := m.RenewToken(renewing); !errors.Is(err, store.ErrGone) {
			t.Errorf("rewritten %v: a late renewal: %v", rewritten, err)
		}
		if m.GetInt(loaded(t, m, token), "user") != 0 {
			t.Errorf("rewritten %v: the session is back", rewritten)
		}
	}
}

// Clear is how many applications sign out: neither that nor a logout after it
// leaves the old record behind.
func TestClearOfAnAdoptedSessionStaysDone(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	old, m := stock(t, server), adopting(t, server)
	for _, then := range []string{"nothing", "logout", "sign-in"} {
		token, _ := person(t, old)
		ctx := loaded(t, m, token)
		if err := m.Clear(ctx); err != nil {
			t.Fatal(err)
		}
		m.Put(ctx, "k", "v")
		committed(t, m, ctx)
		if server.Do(t, "EXISTS", "scs:session:"+token).(int64) != 0 {
			t.Errorf("%s: the old record is still there", then)
		}
		ctx = loaded(t, m, token)
		if m.GetString(ctx, "k") != "v" || m.GetInt(ctx, "user") != 0 {
			t.Errorf("%s: %v", then, m.Keys(ctx))
		}
		var err error
		switch then {
		case "logout":
			err = store.SignOut(ctx, m)
		case "sign-in":
			_, err = store.SignIn(ctx, m, store.Account{Chain: "near:testnet", ID: "alice.testnet", PublicKey: "ed25519:1"}, store.Client{})
		default:
			continue
		}
		if err != nil || m.GetInt(loaded(t, m, token), "user") != 0 || len(m.GetString(loaded(t, m, token), "k")) != 0 {
			t.Errorf("%s: error %v, and the session is back", then, err)
		}
	}
}

// A record that nobody can read is no session, and no error; a Redis that does
// not answer is not "no session".
func TestAdoptionOfWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	old, m := stock(t, server), adopting(t, server)
	for _, garbage := range []string{"", "x", "\x02", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "garbage that is longer than a header of a record, and is none"} {
		token, _ := person(t, old)
		server.Do(t, "SET", "scs:session:"+token, garbage, "EX", 60)
		ctx := loaded(t, m, token)
		if _, err := store.Current(ctx, m); !errors.Is(err, store.ErrGone) || len(m.Keys(ctx)) != 0 && m.GetInt(ctx, "user") != 0 {
			t.Errorf("%q: %v, %v", garbage, err, m.Keys(ctx))
		}
		m.Put(ctx, "k", "v")
		if committed(t, m, ctx) == token {
			t.Errorf("%q: the token was taken over", garbage)
		}
	}
	token, _ := person(t, old)
	server.Kill()
	if _, err := store.Current(loaded(t, m, token), m); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("without Redis: %v", err)
	}
}

// Its name is scs's unless told.
func TestAdoptedCookie(t *testing.T) {
	t.Parallel()
	s := open(t, redistest.Start(t).URL())
	for _, c := range []struct {
		adopt      store.Legacy
		name, want string
	}{{nil, "sid", ""}, {s.Legacy(""), "", scs.New().Cookie.Name}, {s.Legacy(""), "sid", "sid"}} {
		m, err := store.NewSessions(s, store.SessionsConfig{Origin: "https://my-app.example", Adopt: c.adopt, AdoptCookie: c.name})
		if err != nil || store.AdoptedCookie(m) != c.want || m.Cookie.SameSite != http.SameSiteLaxMode {
			t.Errorf("%q, error %v", store.AdoptedCookie(m), err)
		}
	}
}
