// Command load sends the example what a busy site gets, at fixed rates for a
// long time, and prints how long people wait and what happens to memory.
//
//	make load
//	go run ./load -duration 20s -runs 1     in example/blackbox
//
// Everything is on this machine: the example as a process of its own without
// rate limits, a redis-server, and this program, in which the NEAR node and the
// people are. Servers listen on 127.0.0.1 and end with the program.
//
// # What is sent
//
// Session checks are GET /api/me with one of 5000 sessions of 1000 accounts,
// all signed in beforehand. A full login is a new browser's POST
// /auth/challenge, the wallet's signature, and POST /auth/verify; its session
// is logged out at once by POST /auth/logout, so that neither sessions nor the
// index of an account grow, and what grows nevertheless is a leak. An answer
// with another status than the right one, or about another account, is an
// error, in the warm-up too. Connections are kept and shared, as a proxy does.
//
// # What is measured
//
// The loop is open: when somebody arrives is fixed in advance, and does not
// depend on when others are served. Latencies count from when a check or a
// login was due, and not from when a connection was free to send it. So a stall
// of 300 ms is 300 ms for all who arrive meanwhile, where a client that waits
// for its answer and only then goes on would see one slow answer.
//
//	check            from when it was due
//	full login       from when it was due until the session's cookie is there:
//	                 both requests and the signature, 50 µs or so
//	challenge        from when the login was due
//	verify, logout   from when they were sent, as they have no time of their own
//	generator late   how late an arrival was handed to a connection: it is in
//	                 the latencies, and not the example's doing
//
// Timers have a grain of a millisecond, so that half of one is in the medians
// on a machine with nothing else to do.
//
// Each run has new processes. Before its clock starts it warms up at the full
// rate, for 30 seconds or a quarter of the duration if that is less: heaps,
// pools and the code that is paged in have come to their size then. Memory at
// the start and at the end is the least of the readings (VmRSS, and Redis's
// used_memory) over the first and the last tenth of the time: garbage, and what
// a moment of overload takes, come and go.
//
// # How to read it
//
// The median of the runs is held against the marks for p99, and a missed one is
// only printed. All of this together keeps half of two processors busy: where
// much more was in use, the generator is late too, or one run is far from the
// others, somebody else was using the machine. Errors, and memory that grows by
// 5 % in any run, make the exit status 1. Growth needs the full ten minutes to
// mean something.
//
// There are as many connections as the example has to Redis. More requests at
// once would wait there instead of here, and be refused after 300 ms.
package main
