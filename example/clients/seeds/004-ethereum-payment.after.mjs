// After "Part 1: Authentication and Crypto Wallet Management" of an Ethereum
// payment system: steps 1 to 14 of its diagram, on the browser's side.
import { ethereum } from "./wallets.mjs"; // window.ethereum

async function post(path, body) {
  const response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

export async function authenticate() {
  const [address] = await ethereum.request({ method: "eth_requestAccounts" });
  const { messageHex: data } = await post("/api/user/wallet_nonce", { address });
  const signature = await ethereum.request({ method: "personal_sign", params: [data, address] });
  await post("/api/user/wallet_verify", { address, signature });
}
