// The page's side of a sign-in: plain fetch, as a front end without any
// library does it, in a browser of this file's own.
//
// Every exchange goes to stdout as one line of JSON, what was sent and what
// came back, for whoever runs the script to judge.

export function record(line) {
  console.log(JSON.stringify(line));
}

// Browser adds to Node's fetch what a page's browser does by itself: it keeps
// the cookies of the site and says where a request comes from.
export class Browser {
  #cookies = new Map();

  // url is where the server listens, origin what it is called in the address
  // bar: they differ as they do behind a proxy.
  constructor({ url, origin }) {
    this.url = url;
    this.origin = origin;
    this.fetch = globalThis.fetch; // also when a page has another one
  }

  // copy is another browser with the same cookies: a thief's, or one that does
  // not forget a cookie when it is told to.
  copy() {
    const other = new Browser(this);
    other.#cookies = new Map(this.#cookies);
    return other;
  }

  // call returns the answer's JSON, or null for an empty one.
  async call(step, method, path, body) {
    const headers = { "Sec-Fetch-Site": "same-origin" };
    if (method !== "GET") headers.Origin = this.origin;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (this.#cookies.size > 0) {
      headers.Cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    }
    const response = await (0, this.fetch)(this.url + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === "") this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    const text = await response.text();
    const answer = text === "" ? null : JSON.parse(text);
    record({ step, sent: body, status: response.status, body: answer });
    return answer;
  }

  // challenge asks for something to sign. What comes back is what every
  // library's signMessage takes, with the nonce as bytes.
  async challenge(step, body) {
    const { message, recipient, nonce, callbackUrl, state } = await this.call(step, "POST", "/auth/challenge", body);
    return { message, recipient, nonce: new Uint8Array(Buffer.from(nonce, "base64")), callbackUrl, state };
  }

  verify(step, body) {
    return this.call(step, "POST", "/auth/verify", body);
  }

  // me reads the protected route both ways.
  async me(step) {
    await this.call(`${step}, GET`, "GET", "/api/me");
    await this.call(`${step}, POST`, "POST", "/api/me");
  }
}
