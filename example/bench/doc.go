// Command bench puts the kit and its opponents side by side, in one run on one
// machine, and prints how they compare.
//
//	make bench
//	go run . -only 'guard|redis' -rounds 9 -benchtime 1s     in this folder
//
// # What is measured
//
// The parts, by which -only chooses:
//
//	guard    a request of somebody who is signed in, sessions in memory, beside
//	         golang-jwt, scs as it comes, gorilla/sessions, and nothing at all
//	redis    the same on a Redis, beside one bare GET of the same record
//	signin   POST /verify and POST /challenge, beside one ed25519.Verify
//	chains   POST /verify of Ethereum and Stellar, beside one bare recovery with
//	         its Keccak, and one ed25519.Verify
//	node     the check of a signature, beside near-kit's on Node
//	bytes    the memory of a session when a million live
//	wait     the longest wait of anybody while a million expired are freed
//	flood    a million challenges that nobody redeems
//
// Everybody holds the same: an account, its public key and the time of the
// sign-in. A JWT holds the account and an expiry, which is its least, and the
// kit's session the network and browser of the sign-in besides, as it does in
// life. Everybody serves one request again and again, the same but for the
// header that says who it is, to a writer that throws the answer away. And
// everybody's answer is looked at each time: a wrong one ends the part.
//
// Where an opponent can be used in two ways, it is in the faster. golang-jwt
// stands there twice: the parse alone, and in a handler that does what
// RequireAccount does, which is to hand the account on in the context. The
// targets compare all of RequireAccount with the parse alone.
//
// In signin the network is left out: the chain says yes at once. Each verify
// redeems a challenge of its own, for which asking and signing have been done
// before the clock runs. The requests come from a hundred thousand addresses
// and, for verify, a thousand accounts, so that no bound on one of them is what
// is measured.
//
// What is not shown: several processors at once, the network between browser
// and server, and a Redis on another machine, which makes the kit's part of the
// time smaller than it is here.
//
// # How to read it
//
// Nanoseconds say more of the machine than of the kit; ratios say more of the
// kit. In each round every contender has its turn, or many short ones, and a
// ratio is computed within the round, where both have had the same machine. The
// median over the rounds is held against the target; minimum and maximum say
// how much to believe it. Where they are far apart, somebody else was using the
// machine: run it again.
//
// A target that is missed is marked MISSED and nothing else happens: no machine
// is quiet enough for an exit status. What cannot be had here (redis-server,
// Node 20 with npm) is skipped, and says so. Servers listen on 127.0.0.1 and
// end with the program.
//
// In wait, the quiet line is the same work before anything has expired: what
// waits there are is for the machine and the garbage collector. scs's own
// memstore deletes all that have expired under one lock, and a reader waits.
//
// To see where the time of a contender goes:
//
//	go test -run - -bench 'Contest/signin/POST_/verify' -cpuprofile cpu.out
package main
