package ha_test

import (
	"flag"
	"os"
	"testing"
)

// Most tests wait for servers rather than compute.
func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "4")
	os.Exit(m.Run())
}
