// Every error in words, with what to do next. again is what to do by a button.

const start = { label: "Try again", does: "again" };
const other = { label: "Choose another wallet", does: "others" };

export const words = {
  invalid_request: ["The wallet's answer was not understood.", other],
  unsupported_chain: ["This site does not accept accounts of that chain.", other],
  unsupported_key_type: ["This site does not accept keys of that type.", other],
  cookie_missing: ["Your browser did not send this site's cookie. Allow cookies for it.", start],
  challenge_invalid: ["That took too long, or was used already.", { label: "Get a new one", does: "again" }],
  invalid_signature: ["The wallet's signature does not fit.", other],
  account_mismatch: ["The wallet signed with another account than the one asked for.", start],
  key_not_found: ["That key is not on the account: it was removed, or the account does not exist on this network.", other],
  key_not_full_access: ["That key may only call a contract. A full-access key has to sign.", other],
  account_denied: ["This account may not sign in here.", { label: "Use another account", does: "again" }],
  unauthenticated: ["You are not signed in any more.", start],
  cross_origin: ["This page is not where it should be. Open the site by its own address.", null],
  https_required: ["This site is served over https only.", null],
  rate_limited: ["Too many tries.", start],
  chain_unavailable: ["NEAR cannot be asked at the moment. Your wallet need not sign again.", { label: "Try again", does: "retry" }],
  store_unavailable: ["The site cannot remember sign-ins at the moment.", start],
  session_not_found: ["That one had ended already.", { label: "Look again", does: "look" }],
  network: ["The site cannot be reached. Are you online?", start],
  popup_blocked: ["Your browser blocked the wallet's window.", { label: "Open it in this tab", does: "redirect" }],
  popup_closed: ["The wallet's window was closed before it answered.", start],
  redirect_lost: ["The wallet's answer belongs to no sign-in of this tab.", start],
  wallet: ["The wallet could not sign.", other],
};

// explain returns what to say about an error, and what to do by a button.
export function explain(error) {
  const [text, remedy] = words[error.code] ?? ["Something went wrong.", start];
  const wait = error.retryAfter ? ` Wait ${error.retryAfter} seconds.` : "";
  return { text: text + wait, remedy };
}
