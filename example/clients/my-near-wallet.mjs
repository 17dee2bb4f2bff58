// The full-page redirect of MyNearWallet: the challenge goes out in a query,
// the answer comes home in a fragment. Nobody is asked for these pages here;
// the URLs are all there is to the protocol.

// signURL is where the page sends the browser.
export function signURL({ message, recipient, nonce, callbackUrl, state }) {
  const query = new URLSearchParams({ message, nonce: Buffer.from(nonce).toString("base64"), recipient, callbackUrl, state });
  return `https://testnet.mynearwallet.com/sign-message?${query}`;
}

// answerURL is where the wallet sends it back to. The wallet signs the
// callbackUrl as well, exactly as it was given.
export async function answerURL(url, wallet) {
  const query = new URL(url).searchParams;
  const callbackUrl = query.get("callbackUrl");
  const signed = await wallet.signMessage({
    message: query.get("message"),
    recipient: query.get("recipient"),
    nonce: new Uint8Array(Buffer.from(query.get("nonce"), "base64")),
    callbackUrl,
  });
  const fragment = ["accountId", "signature", "publicKey"].map((name) => `${name}=${encodeURIComponent(signed[name])}&`);
  return `${callbackUrl}#${fragment.join("")}state=${encodeURIComponent(query.get("state"))}&`;
}

// parseAnswer is what the page reads when the browser is back. The server
// never sees a fragment.
export function parseAnswer(url) {
  const fragment = new URLSearchParams(new URL(url).hash.slice(1));
  return Object.fromEntries(["accountId", "signature", "publicKey", "state"].map((name) => [name, fragment.get(name)]));
}
