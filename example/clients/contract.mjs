// Signs in with contract accounts, whose owners are keys of viem.
//
//	node contract.mjs URL ORIGIN RPC
//
// RPC is a fake node; POST /wallet makes a contract there, and POST /fault has it
// fail as it is told.
import { getAddress } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { Browser, record } from "./browser.mjs";
import { deployment, ownText, toHex, undeployed } from "./eip155.mjs";

const [url, origin, rpc] = process.argv.slice(2);
const browser = new Browser({ url, origin });
const post = (path, body) => fetch(rpc + path, { method: "POST", body: JSON.stringify(body) });
const newKey = () => privateKeyToAccount(generatePrivateKey());
const newAddress = () => getAddress(newKey().address); // nobody has its key any more

async function newWallet(deployed) {
  const owner = newKey();
  const address = newAddress();
  await post("/wallet", { address, owner: owner.address, ...(!deployed && deployment) });
  return { address, sign: (messageHex, by = owner) => by.signMessage({ message: { raw: messageHex } }) };
}

async function challenge({ address }) {
  const { messageHex, nonce } = await browser.call("challenge", "POST", "/auth/challenge", { chain: "ethereum", accountId: address });
  return { messageHex, nonce };
}

const wallet = await newWallet(true);
record({ step: "address", body: wallet.address });
let asked = await challenge(wallet);
await browser.verify("deployed", { signature: await wallet.sign(asked.messageHex), nonce: asked.nonce });
await browser.call("session", "GET", "/auth/session");

// A text of the front end's own, as wagmi has it.
const { nonce } = await browser.call("challenge", "POST", "/auth/challenge", { chain: "ethereum" });
const message = ownText(origin, wallet.address, nonce);
await browser.verify("deployed, its own text", { message, signature: await wallet.sign(toHex(message)) });

const later = await newWallet(false);
asked = await challenge(later);
const signature = await later.sign(asked.messageHex);
await browser.verify("not deployed", { signature: undeployed(signature), nonce: asked.nonce });
asked = await challenge(later);
await browser.verify("not deployed, and not wrapped", { signature: await later.sign(asked.messageHex), nonce: asked.nonce });

asked = await challenge(wallet);
await browser.verify("a stranger's key", { signature: await wallet.sign(asked.messageHex, newKey()), nonce: asked.nonce });
await browser.verify("and then the owner's", { signature: await wallet.sign(asked.messageHex), nonce: asked.nonce });

asked = await challenge({ address: newAddress() });
await browser.verify("no contract there", { signature: await wallet.sign(asked.messageHex), nonce: asked.nonce });

// What the node cannot tell costs nobody a signature. Which chain it is on is
// asked again when it has failed.
asked = await challenge(wallet);
const body = { signature: await wallet.sign(asked.messageHex), nonce: asked.nonce };
for (const fault of ["down", "HTTP 429", "another chain"]) {
  await post("/fault", fault);
  await browser.verify(fault, body);
}
await post("/fault", "");
await browser.verify("the same again", body);
