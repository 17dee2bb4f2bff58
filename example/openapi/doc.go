// Package openapi holds the example's OpenAPI document, ../app/openapi.json, to
// what the handlers do. The document is the checklist: every answer that it
// names must be seen in a test, and every answer seen must be named in it.
//
//   - read_test.go reads it, and document_test.go looks at it by itself;
//   - check_test.go compares it with answers, and broken_test.go shows that this
//     can fail;
//   - answers_test.go brings about every answer, one request a row;
//   - bodies_test.go sends the request bodies that it shows, and others that it
//     forbids; wallets_test.go has those who sign them, for each of the chains;
//   - shown_test.go looks whether the challenges that it shows are the chains',
//     and verifies the signatures;
//   - drift_test.go finds routes, methods, names and codes that it does not have;
//   - process_test.go asks the example as it runs.
package openapi
