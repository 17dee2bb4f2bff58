package histories

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nearauth/nearauth/store"
	"github.com/nearauth/nearauth/store/redis"
)

// A worker is this test binary again, as an instance of a site: a store of its
// own on the Redis that all share. It does what it is asked in JSON lines, each
// in its own goroutine, and is told by the environment what it works on.
const (
	workOn  = "HISTORIES_WORK_ON" // URL of Redis
	workHow = "HISTORIES_WORK_HOW"
)

type (
	request struct {
		ID  uint64 `json:"id"`
		Key uint64 `json:"key"`
		input
	}
	response struct {
		ID uint64 `json:"id"`
		output
	}
)

// work is the main function of a worker.
func work(url string, how defect, requests io.Reader, responses io.Writer) error {
	backend, err := redis.Open(url)
	if err != nil {
		return err
	}
	fmt.Fprintln(responses, "ready")
	s := how.in(backend)
	var mu sync.Mutex
	encoder := json.NewEncoder(responses)
	for lines := bufio.NewScanner(requests); lines.Scan(); {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return err
		}
		go func() {
			out := perform(s, r.Key, r.input)
			mu.Lock()
			defer mu.Unlock()
			_ = encoder.Encode(response{r.ID, out})
		}()
	}
	return nil
}

// perform does one operation on a store.
func perform(s store.Store, id uint64, in input) output {
	key := store.Key{Realm: store.Realm{'h', 'i', 's', 't', 'o', 'r', 'y'}}
	binary.BigEndian.PutUint64(key.Hash[:], id)
	record := make([]byte, 16) // value, touched
	binary.BigEndian.PutUint64(record, in.Value)
	var err error
	var found []byte
	ctx := context.Background()
	expires := time.Now().Add(time.Hour) // later than the test
	switch in.Op {
	case put:
		err = s.PutChallenge(ctx, key, "client", record, expires)
	case get:
		found, err = s.GetChallenge(ctx, key)
	case take:
		found, err = s.TakeChallenge(ctx, key)
	case create:
		err = s.CreateSession(ctx, key, record, expires)
	case update:
		err = s.UpdateSession(ctx, key, record, expires)
	case touch:
		err = s.TouchSession(ctx, key, 8, record[:8], expires)
	case remove:
		found, err = s.DeleteSession(ctx, key)
	case find:
		found, err = s.FindSession(ctx, key)
	}
	switch {
	case errors.Is(err, store.ErrGone):
		return output{Said: gone}
	case errors.Is(err, store.ErrExists):
		return output{Said: exists}
	case err != nil:
		return output{Said: unknown}
	case found != nil:
		return output{done, binary.BigEndian.Uint64(found), binary.BigEndian.Uint64(found[8:])}
	}
	return output{Said: done}
}

// worker is one of them as the clients see it.
type worker struct {
	*process
	asked atomic.Uint64
	calls sync.Map // id to chan output
	write sync.Mutex
}

func newWorker(t testing.TB, url string, how defect) *worker {
	t.Helper()
	w := &worker{}
	w.process = newProcess(t, func() (*running, error) {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), workOn+"="+url, workHow+"="+string(how))
		cmd.Stderr = os.Stderr
		return launch(cmd, w.answered)
	})
	return w
}

func (w *worker) answered(line []byte) {
	var r response
	if json.Unmarshal(line, &r) != nil {
		return // killed in the middle of a line
	}
	if call, ok := w.calls.Load(r.ID); ok {
		call.(chan output) <- r.output
	}
}

// patience is how long a client waits: longer than the store needs to find out
// that Redis hangs, shorter than some pauses.
const patience = 450 * time.Millisecond

// ask lets the worker do one operation. A worker that is killed, or does not
// answer in time, leaves its answer unknown.
func (w *worker) ask(key uint64, in input) output {
	child := w.current()
	id, call := w.asked.Add(1), make(chan output, 1)
	w.calls.Store(id, call)
	defer w.calls.Delete(id)
	line, _ := json.Marshal(request{id, key, in})
	w.write.Lock()
	_, err := child.stdin.Write(append(line, '\n'))
	w.write.Unlock()
	if err != nil {
		return output{Said: unknown}
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case out := <-call:
		return out
	case <-child.ended:
	case <-late.C:
	}
	return output{Said: unknown}
}
