// Package blackbox attacks the example from outside: real processes of it, a
// real redis-server, a NEAR node that lies, hangs and dies on demand, and
// clients that do what browsers would never do. The 58 tests have the numbers
// T1 to T58; each runs with the sessions in memory and, as two instances of one
// site, on Redis, unless it says why not. Where it means something else for the
// accounts of Ethereum and Stellar, they have tests of the same number.
//
//	make blackbox
//
// runs them at full length. In make test those that take their time are
// shorter: they say so.
//
// The tests named TestFault let people use two instances while Redis, one of the
// instances, a Sentinel master or a cluster master is killed or stopped, or slots
// move; what must hold through it are functions over what the people saw. Package
// load, in its folder, is make load.
package blackbox
