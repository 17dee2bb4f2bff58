// The demo extension: to the page, what a wallet's browser extension is. It
// announces an Ethereum provider (EIP-6963), answers in Freighter's protocol, and
// asks the person in a dialog of its own. For development only.
//
// Stellar's keys are in this browser, where scripts cannot read them. Ethereum's
// are the example's, which derives them from a secret of this browser, because
// browsers have no secp256k1.

import { keysFor } from "./keys.js";
import { toBase64 } from "./nep413.js";
import { addressOf, messageHash } from "./sep53.js";

const passphrase = "Test SDF Network ; September 2015";

// ---- The person -------------------------------------------------------------

const make = (tag, properties = {}, ...content) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...content);
  return element;
};

const failure = (code, message) => Object.assign(new Error(message), { code });

let open = false;

// ask shows a dialog and returns whether the person approves.
async function ask(wallet, what, account, text) {
  if (open) throw failure(-32002, "A request is pending already.");
  const approve = make("button", { value: "yes", textContent: "Approve" });
  const dialog = make("dialog", { className: "extension", ariaLabel: wallet },
    make("h2", { textContent: wallet }),
    make("p", {}, make("strong", { textContent: location.host }), what),
    make("p", { className: "text", textContent: text ?? "", hidden: !text }),
    make("p", { className: "quiet", textContent: `Account ${chosen()}: ${account}` }),
    make("form", { method: "dialog", className: "row" }, approve, make("button", { className: "quiet", value: "no", textContent: "Reject" })));
  document.body.append(dialog);
  open = true;
  dialog.showModal();
  approve.focus();
  await new Promise((closed) => (dialog.onclose = closed));
  open = false;
  dialog.remove();
  return dialog.returnValue === "yes";
}

// Which account the wallets are on, and which of them know the site.
const chosen = () => Number(localStorage.getItem("demo-account") ?? 1);
const knows = (wallet) => localStorage.getItem(`demo-${wallet}`) === "yes";

// connected asks once whether the site may see the account.
async function connected(wallet, name, account) {
  if (knows(wallet)) return true;
  const yes = await ask(name, " wants to see your account.", account);
  if (yes) localStorage.setItem(`demo-${wallet}`, "yes");
  return yes;
}

// The toolbar, as far as an extension has one.
const accounts = make("select", { id: "demo-account" }, ...[1, 2, 3].map((n) => make("option", { value: n, textContent: `Account ${n}` })));
accounts.value = chosen();
accounts.onchange = async () => {
  localStorage.setItem("demo-account", accounts.value);
  const now = knows("ethereum") ? [await ethereumAccount()] : [];
  for (const listener of listeners) listener(now);
};
document.body.append(make("aside", { className: "extension", ariaLabel: "Demo extension" }, make("label", {}, "Demo extension: ", accounts)));

// ---- Ethereum ---------------------------------------------------------------

const listeners = new Set();

function secret() {
  const kept = localStorage.getItem("demo-secret") ?? toBase64(crypto.getRandomValues(new Uint8Array(32)));
  localStorage.setItem("demo-secret", kept);
  return kept;
}

async function example(message) {
  const answer = await fetch("/demo/ethereum", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ secret: secret(), account: chosen(), message }),
  });
  if (!answer.ok) throw failure(-32603, await answer.text());
  return answer.json();
}

const ethereumAccount = async () => (await example()).address.toLowerCase(); // as wallets do

const ethereumName = "Demo Ethereum wallet";

const methods = {
  eth_chainId: () => "0x1",
  eth_accounts: async () => (knows("ethereum") ? [await ethereumAccount()] : []),
  async eth_requestAccounts() {
    const account = await ethereumAccount();
    if (!(await connected("ethereum", ethereumName, account))) throw failure(4001, "User rejected the request.");
    return [account];
  },
  async personal_sign([hex, account]) {
    const mine = await ethereumAccount();
    if (!knows("ethereum") || account.toLowerCase() !== mine) throw failure(4100, "The account has not been authorized.");
    const text = new TextDecoder().decode(Uint8Array.from(hex.slice(2).match(/../g), (byte) => parseInt(byte, 16)));
    if (!(await ask(ethereumName, " asks for your signature.", mine, text))) throw failure(4001, "User rejected the request.");
    return (await example(hex)).signature;
  },
};

const provider = {
  async request({ method, params }) {
    if (!Object.hasOwn(methods, method)) throw failure(4200, `${method} is not supported.`);
    return methods[method](params);
  },
  on: (event, listener) => event === "accountsChanged" && listeners.add(listener),
  removeListener: (event, listener) => listeners.delete(listener),
};

const info = Object.freeze({ uuid: crypto.randomUUID(), name: ethereumName, icon: "data:,", rdns: "localhost.demo" });
const announce = () => dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
addEventListener("eip6963:requestProvider", announce);
announce();

// ---- Stellar ----------------------------------------------------------------

const stellarName = "Demo Freighter";
const declined = { apiError: { code: -4, message: "The user rejected this request." } };
const invalid = (message) => ({ apiError: { code: -3, message } });

async function stellarKeys() {
  const keys = await keysFor(`stellar ${chosen()}`);
  return { ...keys, address: addressOf(new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey))) };
}

const requests = {
  REQUEST_CONNECTION_STATUS: async () => ({ isConnected: true }),
  REQUEST_ALLOWED_STATUS: async () => ({ isAllowed: knows("stellar") }),
  REQUEST_NETWORK_DETAILS: async () => ({ networkDetails: { network: "TESTNET", networkName: "Test Net", networkUrl: "", networkPassphrase: passphrase } }),
  REQUEST_PUBLIC_KEY: async () => ({ publicKey: knows("stellar") ? (await stellarKeys()).address : "" }),
  async REQUEST_ACCESS() {
    const { address } = await stellarKeys();
    return (await connected("stellar", stellarName, address)) ? { publicKey: address } : declined;
  },
  async SUBMIT_BLOB({ blob, accountToSign, networkPassphrase }) {
    const { address, privateKey } = await stellarKeys();
    if (accountToSign && accountToSign !== address) return invalid("The wallet is on another account.");
    if (networkPassphrase && networkPassphrase !== passphrase) return invalid("The wallet is on another network.");
    if (!(await ask(stellarName, " asks for your signature.", address, blob))) return declined;
    const signature = await crypto.subtle.sign("Ed25519", privateKey, await messageHash(blob));
    return { signedBlob: toBase64(new Uint8Array(signature)), signerAddress: address };
  },
};

let real = false; // Freighter is installed: then it answers, and this does not

addEventListener("message", async ({ source, data }) => {
  if (source !== window) return;
  if (data?.source === "FREIGHTER_EXTERNAL_MSG_RESPONSE") real ||= !data.demo;
  if (data?.source !== "FREIGHTER_EXTERNAL_MSG_REQUEST" || real) return;
  const request = Object.hasOwn(requests, data.type) ? requests[data.type] : async () => invalid(`${data.type} is not supported.`);
  const answer = await request(data).catch(({ message }) => ({ apiError: { code: -1, message } }));
  postMessage({ source: "FREIGHTER_EXTERNAL_MSG_RESPONSE", messagedId: data.messageId, demo: true, ...answer }, location.origin);
});
