// Package mounting shows the kit in the routers that people use: net/http,
// chi, echo and gin, and in an application that had scs sessions before.
//
// Every function mounts the same small site, in the way a user of that router
// would write it:
//
//	the endpoints        challenge, verify, session, logout
//	GET  /               public; knows who is signed in, if anybody is
//	POST /note           public; puts a value into the session
//	GET  /app/me         protected
//	POST /app/note       protected; puts a value into the session
//
// One test signs a wallet in to each of them over HTTP.
package mounting
