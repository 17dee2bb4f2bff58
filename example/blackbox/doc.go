// Package blackbox attacks the example from outside: real processes of it, a
// real redis-server, a NEAR node that lies, hangs and dies on demand, and
// clients that do what browsers would never do. The 58 tests have the numbers
// T1 to T58; each runs with the sessions in memory and, as two instances of one
// site, on Redis, unless it says why not.
//
//	make blackbox
//
// runs them at full length. In make test those that take their time are
// shorter: they say so.
package blackbox
