// Every error in words, with what to do next: "again" is what was tried, the
// others are in app.js.

const start = { label: "Try again", does: "again" };
const fresh = { label: "Get a new one", does: "again" };
const other = { label: "Choose another wallet", does: "others" };

export const words = {
  invalid_request: ["The wallet's answer was not understood.", other],
  unsupported_chain: ["This site does not accept accounts of that chain.", other],
  unsupported_key_type: ["This site does not accept keys of that type.", other],
  // The cookie goes with the challenge when its time is over.
  cookie_missing: ["That took too long, or your browser keeps no cookies of this site.", fresh],
  challenge_invalid: ["That took too long, or was used already.", fresh],
  invalid_signature: ["The wallet's signature does not fit.", other],
  account_mismatch: ["The wallet signed with another account than the one asked for.", start],
  key_not_found: ["That key is not on the account: it was removed, or the account does not exist on this network.", other],
  key_not_full_access: ["That key may not do everything on the account. A full-access key has to sign.", other],
  account_denied: ["This account may not sign in here.", { label: "Use another account", does: "again" }],
  unauthenticated: ["You are not signed in any more.", { label: "Sign in", does: "others" }],
  reauthentication_required: ["Your wallet has to sign again for that.", { label: "Sign again", does: "others" }],
  cross_origin: ["This page is not where it should be. Open the site by its own address.", null],
  https_required: ["This site is served over https only.", null],
  rate_limited: ["Too many tries.", start],
  chain_unavailable: ["The network cannot be asked at the moment. Your wallet need not sign again.", start],
  store_unavailable: ["The site cannot get at its sessions at the moment.", start],
  session_not_found: ["That session had ended already.", { label: "Look again", does: "look" }],
  network: ["The site cannot be reached. Are you online?", start],
  popup_blocked: ["Your browser blocked the wallet's window.", { label: "Open it in this tab", does: "redirect" }],
  popup_closed: ["The wallet's window was closed before it answered.", start],
  redirect_lost: ["The wallet's answer belongs to no sign-in of this tab.", start],
  more_unavailable: ["More wallets cannot be loaded. They need the internet, and exactly the code this site knows.", other],
  wallet: ["The wallet could not sign.", other],
};

const networks = {
  "eip155:1": "Ethereum", "eip155:10": "Optimism", "eip155:137": "Polygon", "eip155:8453": "Base", "eip155:42161": "Arbitrum",
  "eip155:11155111": "Ethereum Sepolia", "stellar:pubnet": "Stellar", "stellar:testnet": "Stellar testnet",
};

// networkOf is what people call the network of a CAIP-2 id.
export function networkOf(chain) {
  const [namespace, network] = chain.split(":");
  return networks[chain] ?? (namespace === "near" ? `NEAR ${network}` : `Ethereum chain ${network}`);
}

// short is an account's id where there is no room for it: addresses of Ethereum
// and Stellar have no word to break at.
export const short = (id) => id.replace(/^(0x\w{4}|G\w{5})\w{30,}(\w{4})$/, "$1…$2");

// explain returns what to say about an error, and what to do by a button.
export function explain(error) {
  const [text, remedy] = words[error.code] ?? ["Something went wrong.", start];
  const seconds = error.retryAfter;
  if (seconds) return { text: `${text} Wait ${seconds} second${seconds === 1 ? "" : "s"}.`, remedy };
  // Why, only the wallet knows.
  return { text: error.code === "wallet" ? `${text} It says: ${error.message.slice(0, 200)}` : text, remedy };
}
