// After "Part 1: Authentication and Crypto Wallet Management" of an Ethereum
// payment system: steps 1 to 14 of its diagram, on the browser's side.
import { ethereum } from "./wallets.mjs"; // window.ethereum

async function post(path, body) {
  const response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

const toHex = (text) => Array.from(text, (c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join("");

export async function authenticate() {
  const [address] = await ethereum.request({ method: "eth_requestAccounts" });
  const { nonce } = await post("/api/user/wallet_nonce", { address });
  const data = "0x" + toHex(nonce);
  const signature = await ethereum.request({ method: "personal_sign", params: [data, address] });
  const { token } = await post("/api/user/wallet_verify", { address, signature });
  localStorage.setItem("jwt", token);
}
