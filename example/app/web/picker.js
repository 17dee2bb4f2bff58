// The dialog with the wallets. It asks for the challenge when it opens, so that a
// wallet can be opened right in the click; renews it while it is open and
// somebody looks; and shows how long it is good for.

import { networkOf } from "./words.js";

export function createPicker({ dialog, list, countdown, client, chains, callbackUrl, choose, fail }) {
  let challenge; // the newest one
  let asking = false;
  let begun = 0; // when it was asked for, by the clock of this browser
  let timer;

  // What is left of it in seconds. Not by expiresAt: this clock may be wrong.
  const left = () => (challenge ? Math.ceil(challenge.expiresIn - (Date.now() - begun) / 1000) : 0);

  async function renew() {
    asking = true;
    const now = Date.now();
    try {
      const answer = await client.challenge({ callbackUrl });
      if (!dialog.open) return;
      [challenge, begun] = [answer, now];
      ready();
      show();
    } catch (error) {
      if (!dialog.open) return;
      dialog.close();
      fail(error);
    } finally {
      asking = false;
    }
  }

  // ready enables the wallets. Once: who has gone on to one of them stays there
  // when the challenge is renewed.
  function ready() {
    const buttons = [...list.querySelectorAll("button")];
    if (!buttons.some((button) => button.disabled)) return;
    for (const button of buttons) button.disabled = false;
    buttons[0]?.focus();
  }

  function show() {
    const seconds = left();
    countdown.textContent = `Good for ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}.`;
  }

  function tick() {
    if (!challenge || document.visibilityState !== "visible") return;
    if (left() > 0) show();
    // The wallet and the person need time as well.
    if (left() <= challenge.expiresIn / 4 && !asking) renew();
  }

  list.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    // It is used up, or asked for anew, whatever becomes of it.
    const given = left() > 0 ? challenge : undefined;
    dialog.close();
    choose(button, given);
  });
  dialog.addEventListener("close", () => {
    clearInterval(timer);
    challenge = undefined;
  });

  return {
    open() {
      for (const button of list.querySelectorAll("button")) button.disabled = true;
      countdown.textContent = "Preparing…";
      dialog.showModal();
      timer = setInterval(tick, 1000);
      renew();
    },
    // add offers wallets that are installed: first of all, and chain by chain, as
    // the site has them.
    add(wallets) {
      for (const wallet of wallets) {
        const known = list.querySelector(`[data-id="${CSS.escape(wallet.id)}"]`);
        if (known) {
          known.signer = wallet.signer;
          continue;
        }
        const rank = chains.indexOf(wallet.chain);
        const after = [...list.children].find((item) => !(item.rank < rank));
        list.insertBefore(offer(wallet, rank, chains.length > 1, dialog.open && !challenge), after ?? null);
      }
    },
  };
}

function offer({ id, name, chain, signer }, rank, several, disabled) {
  const item = Object.assign(document.createElement("li"), { rank });
  const button = document.createElement("button");
  const kind = document.createElement("small");
  Object.assign(button, { type: "button", className: "wallet", signer, disabled });
  Object.assign(button.dataset, { id, name, chain });
  kind.textContent = several ? `${networkOf(chain)}, installed` : "installed";
  button.append(name + " ", kind);
  item.append(button);
  return item;
}
