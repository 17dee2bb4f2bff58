// Command mutants breaks the security decisions of the module one at a time and
// looks whether the tests notice. It works on copies, and needs no git.
//
//	go run ./.ci/mutants               all of them
//	go run ./.ci/mutants store TRACE   those whose name has one of these parts
//	go run ./.ci/mutants -check        only whether the list still fits the code
//
// A mutant whose text is not there exactly once, or that does not compile, is an
// error: the list cannot rot. The exit code is 1 then, and also when less than
// 95 % of those that are not equivalent are caught.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	workers = 2
	enough  = 95 // per cent
)

// group is the mutants of one file.
type group struct {
	file    string
	tests   string // packages whose tests must catch them, the file's own first
	mutants []mutant
}

// mutant replaces old, which stands in the file once, by new.
type mutant struct {
	name     string // what is broken
	old, new string
	why      string // what that would let happen

	equivalent string // why no test can tell, for those that change nothing
	tests      string // instead of the group's
	file       string // of the group
}

func (m mutant) String() string { return filepath.Dir(m.file) + ": " + m.name }

// result is what became of one mutant.
type result struct {
	mutant
	state string // caught, survived, equivalent, broken
	by    string // the test that failed, or what is wrong with the entry
	took  time.Duration
}

func main() {
	check := flag.Bool("check", false, "only check that the list fits the code")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *check, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, check bool, parts []string) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	list, err := load(root)
	if err != nil || check {
		return err
	}
	list = slices.DeleteFunc(list, func(m mutant) bool { return !named(m, parts) })
	if len(list) == 0 {
		return errors.New("no mutant has such a name")
	}
	dirs := make([]string, workers)
	for i := range dirs {
		if dirs[i], err = os.MkdirTemp("", "mutants"); err != nil {
			return err
		}
		defer os.RemoveAll(dirs[i])
		if err := copyModule(root, dirs[i]); err != nil {
			return err
		}
	}
	// With tests that fail anyway everything would count as caught.
	if out, err := test(ctx, dirs[0], packages(list)); err != nil {
		return fmt.Errorf("the tests fail without any mutant:\n%s", out)
	}
	results := runAll(ctx, dirs, list)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return report(results)
}

// named reports whether m is one of those asked for.
func named(m mutant, parts []string) bool {
	return len(parts) == 0 || slices.ContainsFunc(parts, func(p string) bool {
		return strings.Contains(strings.ToLower(m.String()), strings.ToLower(p))
	})
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		b, e := os.ReadFile(filepath.Join(dir, "go.mod"))
		if e == nil && bytes.Contains(b, []byte("module github.com/nearauth/nearauth\n")) {
			return dir, nil
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		err = errors.New("run it within the module")
	}
	return "", err
}

// load returns the list, or all that does not fit the code.
func load(root string) (list []mutant, err error) {
	var errs []error
	seen := map[string]bool{}
	for _, g := range slices.Concat(nep413, ed25519x, near, siwe, ethereum, sep53, stellar, nearrpc, quorum, store, redis, middleware, handlers) {
		source, err := os.ReadFile(filepath.Join(root, g.file))
		errs = append(errs, err)
		for _, m := range g.mutants {
			m.file = g.file
			if m.tests == "" {
				m.tests = g.tests
			}
			bad := func(format string, args ...any) {
				errs = append(errs, fmt.Errorf("%s: "+format, append([]any{m}, args...)...))
			}
			if n := strings.Count(string(source), m.old); n != 1 {
				bad("its text stands %d times in %s, not once: %q", n, m.file, m.old)
			}
			if m.old == m.new || m.why == "" || m.tests == "" || seen[m.String()] {
				bad("incomplete, or there twice")
			}
			seen[m.String()] = true
			list = append(list, m)
		}
	}
	return list, errors.Join(errs...)
}

func copyModule(from, to string) error {
	skip := []string{".git", ".ci", "bin", "dist", "artifacts", "node_modules"}
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(from, path)
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir() && slices.Contains(skip, d.Name()):
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(target, 0o755)
		case !d.Type().IsRegular():
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, b, 0o644)
	})
}

func packages(list []mutant) (all []string) {
	for _, m := range list {
		all = append(all, strings.Fields(m.tests)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// test runs the tests of packages in turn, until one fails: then it does not wait
// for the others, which is most of the time there is to be saved.
func test(ctx context.Context, dir string, packages []string) (out string, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, p := range packages {
		cmd := exec.CommandContext(ctx, "go", "test", "-v", "-short", "-failfast", "-count=1", "-timeout", "120s", "-vet=off", "./"+p)
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // to end the tests with go test
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
		cmd.WaitDelay = 5 * time.Second
		w := &watcher{failed: cancel}
		cmd.Stdout, cmd.Stderr = w, w
		if err := cmd.Run(); err != nil {
			return w.out.String(), err
		}
	}
	return "", nil
}

// watcher keeps the output, and calls failed once a test has.
type watcher struct {
	mu     sync.Mutex
	out    bytes.Buffer
	failed func()
}

func (w *watcher) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.out.Write(b)
	if failLine.Match(w.out.Bytes()) {
		w.failed()
	}
	return len(b), nil
}

// runAll gives each worker a copy of its own.
func runAll(ctx context.Context, dirs []string, list []mutant) []result {
	results := make([]result, len(list))
	next := make(chan int)
	var done sync.WaitGroup
	for _, dir := range dirs {
		done.Go(func() {
			for i := range next {
				r := try(ctx, dir, list[i])
				if results[i] = r; ctx.Err() != nil {
					continue
				}
				fmt.Printf("%-10s %4.0fs  %s  (%s)\n", r.state, r.took.Seconds(), r, r.by)
			}
		})
	}
	for i := 0; i < len(list) && ctx.Err() == nil; i++ {
		next <- i
	}
	close(next)
	done.Wait()
	return results
}

func try(ctx context.Context, dir string, m mutant) result {
	begun := time.Now()
	path := filepath.Join(dir, m.file)
	source, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, []byte(strings.Replace(string(source), m.old, m.new, 1)), 0o644)
	}
	if err != nil {
		return result{m, "broken", err.Error(), 0}
	}
	defer os.WriteFile(path, source, 0o644)
	out, err := test(ctx, dir, strings.Fields(m.tests))
	r := result{mutant: m, took: time.Since(begun)}
	switch {
	case err != nil && (strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]")):
		r.state, r.by = "broken", "does not compile: "+firstLine(out)
	case err != nil:
		r.state, r.by = "caught", failed(out)
	case m.equivalent != "":
		r.state, r.by = "equivalent", m.equivalent
	default:
		r.state, r.by = "survived", m.why
	}
	if r.state == "caught" && m.equivalent != "" {
		r.state, r.by = "broken", "said to be equivalent, and caught by "+r.by
	}
	return r
}

var (
	failLine = regexp.MustCompile(`(?m)^ *--- FAIL: (\S+)`)
	codeLine = regexp.MustCompile(`(?m)^\S+\.go:\d+:.*$`)
)

// failed names the test that failed first.
func failed(out string) string {
	switch first := failLine.FindStringSubmatch(out); {
	case strings.Contains(out, "panic: test timed out"):
		return "time limit"
	case first != nil:
		return first[1]
	case strings.Contains(out, "panic: ") || strings.Contains(out, "fatal error: "):
		return "panic"
	}
	return firstLine(out)
}

func firstLine(out string) string {
	if line := codeLine.FindString(out); line != "" {
		return line
	}
	line, _, _ := strings.Cut(strings.TrimSpace(out), "\n")
	return line
}

// report prints the table, and returns an error if too few were caught.
func report(results []result) error {
	type row struct{ caught, survived, equivalent, broken int }
	rows, total := map[string]*row{}, row{}
	var order []string
	for _, r := range results {
		dir := filepath.Dir(r.file)
		if rows[dir] == nil {
			rows[dir], order = new(row), append(order, dir)
		}
		for _, to := range []*row{rows[dir], &total} {
			switch r.state {
			case "caught":
				to.caught++
			case "survived":
				to.survived++
			case "equivalent":
				to.equivalent++
			default:
				to.broken++
			}
		}
	}
	fmt.Printf("\n%-18s %8s %8s %10s\n", "", "caught", "survived", "equivalent")
	for _, dir := range order {
		fmt.Printf("%-18s %8d %8d %10d\n", dir, rows[dir].caught, rows[dir].survived, rows[dir].equivalent)
	}
	fmt.Printf("%-18s %8d %8d %10d\n", "total", total.caught, total.survived, total.equivalent)
	for _, r := range results {
		if r.state == "survived" || r.state == "broken" {
			fmt.Printf("\n%s: %s (%s)\n  %s\n", r.state, r, r.file, r.by)
		}
	}
	share := 100.0
	if n := total.caught + total.survived; n > 0 {
		share = 100 * float64(total.caught) / float64(n)
	}
	fmt.Printf("\n%.1f %% of %d caught\n", share, total.caught+total.survived)
	switch {
	case total.broken > 0:
		return fmt.Errorf("%d entries of the list are broken", total.broken)
	case share < enough:
		return fmt.Errorf("less than %d %%", enough)
	}
	return nil
}
