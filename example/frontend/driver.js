// Served to each page first: tells the test what nobody has caught, and helps
// pages to say what has become of them.

export const tell = (outcome) => fetch("/outcome", { method: "POST", body: JSON.stringify(outcome) });

addEventListener("error", ({ message }) => tell("error: " + message));
addEventListener("unhandledrejection", ({ reason }) => tell("not caught: " + (reason?.stack ?? reason)));

/** Waits until something is true, and returns it. */
export async function until(what, f) {
  for (const begun = Date.now(); Date.now() - begun < 20_000; await new Promise((r) => setTimeout(r, 20))) {
    const value = await f();
    if (value) return value;
  }
  throw new Error("it does not come about: " + what + "\n" + document.body.innerText);
}

export function expect(what, got, want) {
  if (JSON.stringify(got) !== JSON.stringify(want)) throw new Error(`${what}: ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

/** Clicks the first element that fits, once there is one that can be clicked. */
export const click = async (selector) => (await until(selector, () => {
  const element = document.querySelector(selector);
  return element && !element.disabled && element.checkVisibility() ? element : undefined;
})).click();

/** Runs what a page has to show and tells how it went. */
export const show = (f) => Promise.resolve().then(f).then(() => tell("ok"), (error) => tell(error.stack ?? String(error)));

const me = async () => (await (await fetch("/api/me")).json()).accountId;

/** Is somebody, by the server's word. */
export const signedInAs = async (account) => expect("who is signed in", await me(), account);
