// Package histories checks that a site of several processes on one Redis is
// one site, whatever happens to them. Its tests record what many clients asked
// and were answered, while processes and Redis are killed (-9) and paused, and
// porcupine looks for an order in which one thing after the other would have
// given the same answers. Where there is none, the kit has broken a promise:
//
//   - TestChallenges: put, get and take of challenges. A challenge is taken
//     once, whoever asks, and through whichever process.
//   - TestSessions: create, update, touch, delete and find. An update never
//     creates, and a session is deleted once.
//   - TestSignIn: the same over HTTP, through two processes of the example. A
//     challenge signs in once, and after a logout was answered with 204 no
//     request is served with its token.
//
// TestControls and TestControlsOverHTTP do the same with backends that are
// broken, in ways that look right when one request comes after the other, and
// fail unless each is caught.
//
// An answer that never came says nothing: the operation may have happened, may
// happen later, or never. It stays open to the end of the history. Redis keeps
// nothing over a restart here, so a restart is in the history as an operation
// that loses everything, and is the only one that does. What a failover to a
// replica loses is another matter.
//
// About 30,000 operations are recorded by default. The full run:
//
//	HISTORIES_OPS=200000 go test -count=1 -v -run 'TestChallenges|TestSessions|TestSignIn' .
//
// It prints the number of operations and violations, and the seed, which
// HISTORIES_SEED sets: it decides what is asked and what is broken when, while
// the machine decides how it interleaves. A violation is printed with the
// shortest history that shows it.
package histories
