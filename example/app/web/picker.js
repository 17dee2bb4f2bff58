// The dialog with the wallets. It asks for the challenge when it opens, so that a
// wallet can be opened right in the click; renews it while it is open and
// somebody looks; and shows how long it is good for.

export function createPicker({ dialog, list, countdown, none, client, choose }) {
  let challenge; // of now, or a promise of it
  let expires = 0; // by the clock of this browser
  let timer;

  const enable = (on) => {
    for (const button of list.querySelectorAll("button")) button.disabled = !on;
  };

  async function renew() {
    enable(false);
    countdown.textContent = "Preparing…";
    const asked = Date.now();
    try {
      challenge = await client.challenge({ callbackUrl: document.body.dataset.callback });
    } catch (error) {
      dialog.close();
      choose({ error });
      return;
    }
    // Not by expiresAt: the clock of this browser may be wrong.
    expires = asked + challenge.expiresIn * 1000;
    enable(true);
    if (!dialog.contains(document.activeElement) || document.activeElement === dialog) list.querySelector("button")?.focus();
    tick();
  }

  function tick() {
    const left = Math.ceil((expires - Date.now()) / 1000);
    const text = `Good for ${Math.floor(left / 60)}:${String(Math.max(left, 0) % 60).padStart(2, "0")}.`;
    if (left > 0) countdown.textContent = text;
    else if (document.visibilityState === "visible") {
      expires = Infinity;
      renew();
    }
  }

  list.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    // It is used up, or asked for anew, whatever becomes of it.
    const given = challenge;
    dialog.close();
    choose({ ...button.dataset, wallet: button.wallet, challenge: given });
  });
  dialog.addEventListener("close", () => {
    clearInterval(timer);
    challenge = undefined;
  });

  return {
    open() {
      none.hidden = false;
      dialog.showModal();
      clearInterval(timer);
      timer = setInterval(tick, 1000);
      renew();
    },
    // add offers the wallets that have announced themselves.
    add(wallets) {
      for (const wallet of wallets) {
        if (list.querySelector(`[data-id="${CSS.escape(wallet.manifest.id)}"]`)) continue;
        const item = document.createElement("li");
        const button = document.createElement("button");
        button.type = "button";
        button.className = "wallet";
        button.dataset.id = wallet.manifest.id;
        button.dataset.name = wallet.manifest.name;
        button.wallet = wallet;
        button.disabled = !challenge;
        const kind = document.createElement("small");
        kind.textContent = "installed";
        button.append(wallet.manifest.name + " ", kind);
        item.append(button);
        list.prepend(item);
      }
    },
  };
}
