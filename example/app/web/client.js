// What the page says to the server. base is "" in a browser.

export class AuthError extends Error {
  constructor(status, { error = "The server did not answer as expected.", code = "unknown" } = {}) {
    super(error);
    this.status = status;
    this.code = code;
  }
}

export async function call(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new AuthError(0, { error: "The server cannot be reached.", code: "network" });
  }
  const answer = response.status === 204 ? null : await response.json().catch(() => undefined);
  if (!response.ok || answer === undefined) throw new AuthError(response.status, answer);
  return answer;
}
