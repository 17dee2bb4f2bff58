// A fetch with what a page's browser does by itself: it knows where the page is,
// keeps the cookies of the site and says where a request comes from.
export function createFetch(origin, fetch = globalThis.fetch) {
  const cookies = new Map();
  return async function (path, { headers, ...init } = {}) {
    const all = new Headers(headers);
    all.set("Origin", origin);
    all.set("Cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    const response = await fetch(new URL(path, origin), { ...init, headers: all });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === "") cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  };
}

/** Makes the key a full-access key of the account, on the test's chain. */
export async function faucet(origin, accountId, publicKey) {
  const response = await fetch(origin + "/faucet", { method: "POST", body: JSON.stringify({ accountId, publicKey: String(publicKey) }) });
  if (!response.ok) throw new Error(`faucet: ${response.status} ${await response.text()}`);
}
