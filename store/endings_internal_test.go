package store

import (
	"encoding/binary"
	"testing"
)

// An outage during which strangers end sessions without end costs no memory
// without end.
func TestEndingsAreBounded(t *testing.T) {
	t.Parallel()
	r := &Records{}
	r.endings.busy = true // nobody tries
	for i := range uint32(mostEndings + 10) {
		var key Key
		binary.BigEndian.PutUint32(key.Hash[:], i)
		r.endLater(key, "token")
	}
	if n := len(r.endings.keys); n != mostEndings {
		t.Errorf("%d endings are kept", n)
	}
}
