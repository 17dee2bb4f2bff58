package frontend

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
)

func findChromium() string {
	if path := os.Getenv("CHROME_BIN"); path != "" {
		return path
	}
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// visit opens a page of the site in a browser of its own and waits until the
// page has posted its outcome: "ok", or what went wrong. driver.js, which each
// page gets first, does that for whatever nobody has caught.
func (s *site) visit(t *testing.T, page string) {
	t.Helper()
	path := findChromium()
	if path == "" {
		exampletest.Missing(t, "no Chromium is installed: apt-get install chromium-headless-shell")
	}
	s.serve("/driver.js", read(t, "driver.js"))
	s.serve("/sign-message", `<!doctype html><script type="module" src="/wallet.js"></script>`)
	s.serve("/wallet.js", read(t, "wallet.js"))
	s.serve("/", `<!doctype html><link rel="icon" href="data:,"><script type="module" src="/driver.js"></script>`+page)
	dir, err := os.MkdirTemp("", "nearauth-chromium")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	args := []string{"--headless", "--remote-debugging-port=0", "--user-data-dir=" + dir, "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--enable-logging=stderr"}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // it refuses to be root otherwise
	}
	cmd := exampletest.Command(t.Context(), path, append(args, s.origin+"/")...)
	var console bytes.Buffer
	cmd.Stderr = &console
	// The command is a script of Debian's, which does not take the browser with
	// it: so they are a group, and end as one.
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	}
	defer stop()
	select {
	case said := <-s.outcomes:
		if said != "ok" {
			t.Error(said)
		}
	case <-time.After(time.Minute):
		stop()
		t.Errorf("the page does not say what has become of it:\n%s", console.String())
	}
}

// files are where the modules are that are tested.
const files = "../../handlers/client/"

// bundle makes one script of a file and what it imports. The package nearauth
// is the one of this repository.
func bundle(t *testing.T, entry string, more ...string) string {
	t.Helper()
	exampletest.Libraries(t)
	out := filepath.Join(t.TempDir(), "out.js")
	run(t, "node_modules/.bin/esbuild", append([]string{
		entry, "--bundle", "--format=esm", "--jsx=automatic", "--alias:nearauth=" + files + "nearauth.js", "--alias:nearauth/ethereum=" + files + "ethereum.js", "--alias:nearauth/stellar=" + files + "stellar.js",
		`--define:process.env.NODE_ENV="production"`, "--log-level=warning", "--outfile=" + out,
	}, more...)...)
	return read(t, out)
}
