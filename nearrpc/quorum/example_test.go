package quorum_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/nearauth/nearauth/nearrpc/quorum"
)

func ExampleClient_Ask() {
	// A server of a chain of our own: alice is its one owner.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var call struct {
			ID     string
			Method string
			Params []string
		}
		_ = json.NewDecoder(r.Body).Decode(&call)
		var result any = "mychain-1"
		if call.Method == "isOwner" {
			result = call.Params[0] == "alice"
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"jsonrpc": "2.0", "id": call.ID, "result": result})
	}))
	defer server.Close()

	onMyChain := func(ctx context.Context, s *quorum.Server) *quorum.Problem {
		reply, problem := s.Call(ctx, "chainId", nil)
		if problem != nil {
			return problem
		}
		if id, _ := reply.Result.(string); id != "mychain-1" {
			return quorum.WrongChain(id, "mychain-1")
		}
		return nil
	}
	client, err := quorum.New(quorum.Config{
		Name:      "mychain",
		Endpoints: []quorum.Endpoint{{URL: server.URL}},
		Identify:  onMyChain,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	isOwner := func(account string) quorum.Question {
		return func(ctx context.Context, s *quorum.Server) (quorum.Verdict, *quorum.Problem) {
			reply, problem := s.Call(ctx, "isOwner", []string{account})
			switch {
			case problem != nil:
				return quorum.CannotTell, problem
			case reply.Result == true:
				return quorum.Yes, nil
			case reply.Result == false:
				return quorum.No, nil
			}
			return quorum.CannotTell, &quorum.Problem{Text: "neither yes nor no"}
		}
	}
	ask := func(account string) {
		verdict, err := client.Ask(context.Background(), account, isOwner(account))
		switch {
		case errors.Is(err, quorum.ErrUnavailable):
			fmt.Println(account, "cannot tell")
		case verdict == quorum.Yes:
			fmt.Println(account, "yes")
		default:
			fmt.Println(account, "no")
		}
	}
	ask("alice")
	ask("bob")
	server.Close()
	ask("alice")
	// Output:
	// alice yes
	// bob no
	// alice cannot tell
}
