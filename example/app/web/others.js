// The wallets of Ethereum and Stellar that are installed in this browser. This file
// is loaded only where one of these chains is configured.

import { ethereum, ethereumWallets } from "/auth/ethereum.js";
import { freighter, freighterInstalled } from "/auth/stellar.js";

// otherWallets calls add with wallets as they are found, for these networks, until
// there are none to be expected. A wallet is offered for each network of Ethereum: to
// this site they are different accounts, and a contract's is on one only.
export async function otherWallets(chains, add) {
  const of = (namespace) => chains.filter((chain) => chain.startsWith(namespace + ":"));
  if (of("eip155").length > 0) {
    ethereumWallets((wallets) => add(wallets.flatMap(({ info, provider }) => of("eip155").map((chain) => (
      { id: `${info.uuid} ${chain}`, name: info.name, chain, signer: ethereum(provider, { chain }) }
    )))));
  }
  for (const chain of of("stellar")) {
    const name = document.body.dataset.freighter ?? "Freighter";
    if (await freighterInstalled()) add([{ id: "freighter", name, chain, signer: freighter(undefined, { chain }) }]);
  }
}
