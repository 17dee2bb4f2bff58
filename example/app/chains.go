package app

import (
	"errors"
	"log/slog"
	"strconv"
	"strings"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/handlers/stellar"
	"github.com/nearauth/nearauth/nearrpc/quorum"
)

// otherChains are the networks beside NEAR's that the flags name.
func (s *settings) otherChains(log *slog.Logger) (chains []handlers.Chain, err error) {
	if s.ethereum {
		if chains, err = s.ethereumChains(log); err != nil {
			return nil, err
		}
	}
	if s.stellar {
		c := stellar.Config{Network: "testnet", Horizon: endpoints(s.horizon), RPC: endpoints(s.stellarRPC), Logger: log}
		if s.network == "mainnet" {
			c.Network = "pubnet"
		}
		chain, err := stellar.New(c)
		if err != nil {
			return nil, err
		}
		chains = append(chains, chain)
	}
	return chains, nil
}

// ethereumChains are one for each chain id of -ethereum-rpc, in their order; without
// any it is Ethereum itself.
func (s *settings) ethereumChains(log *slog.Logger) (chains []handlers.Chain, err error) {
	if len(s.ethereumRPC) == 0 {
		return []handlers.Chain{ethereum.Mainnet()}, nil
	}
	urls := make(map[uint64]list)
	var ids []uint64
	for _, text := range s.ethereumRPC {
		name, url, _ := strings.Cut(text, "=")
		id, err := strconv.ParseUint(name, 10, 64)
		if err != nil {
			return nil, errors.New("-ethereum-rpc is not CHAINID=URL") // which may have a secret in it
		}
		if urls[id] == nil {
			ids = append(ids, id)
		}
		urls[id] = append(urls[id], url)
	}
	for _, id := range ids {
		chain, err := ethereum.New(ethereum.Config{ChainID: id, RPC: endpoints(urls[id]), Logger: log})
		if err != nil {
			return nil, err
		}
		chains = append(chains, chain)
	}
	return chains, nil
}

func endpoints(urls list) (all []quorum.Endpoint) {
	for _, url := range urls {
		all = append(all, quorum.Endpoint{URL: url})
	}
	return all
}
