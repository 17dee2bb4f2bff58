// The page: who is signed in, the wallets, and the sessions.

import { createClient, injected, injectedWallets, myNearWallet } from "/auth/client.js";
import { createPicker } from "./picker.js";
import { showSessions } from "./sessions.js";
import { explain } from "./words.js";

const $ = (id) => document.getElementById(id);
const { next, network, callback } = document.body.dataset;
const client = createClient();
let wallets = [];
let aborter; // of the sign-in under way
let failed; // the error that is shown

const picker = createPicker({
  dialog: $("picker"), list: $("wallets"), countdown: $("countdown"), none: $("none"), client, choose: chosen,
});

// The wallet that was used last, or the first there is.
const usual = () => {
  const name = localStorage.getItem("nearauth-wallet");
  const buttons = [...document.querySelectorAll("#wallets button")];
  return buttons.find((b) => b.dataset.name === name) ?? buttons[0];
};

function signerOf({ url, mode, wallet }) {
  return wallet ? injected(wallet) : myNearWallet({ url, mode, callbackUrl: callback });
}

async function chosen(choice) {
  if (choice.error) return trouble(choice.error);
  localStorage.setItem("nearauth-wallet", choice.name);
  sessionStorage.setItem("next", next);
  aborter = new AbortController();
  const { signal } = aborter;
  try {
    const signing = client.signIn(signerOf(choice), { challenge: choice.challenge, signal });
    if (choice.mode !== "redirect") $("waiting").showModal();
    if (await signing) location.assign(next);
  } catch (error) {
    error.choice = choice;
    if (error.code === "rejected") $("status").textContent = "Not signed in.";
    else trouble(error);
  } finally {
    $("waiting").close();
  }
}

function trouble(error) {
  failed = error;
  const { text, remedy } = explain(error);
  $("words").textContent = text;
  $("remedy").hidden = !remedy;
  $("remedy").textContent = remedy?.label ?? "";
  $("remedy").dataset.does = remedy?.does ?? "";
  $("trouble").hidden = false;
  if (remedy) $("remedy").focus();
}

const remedies = {
  again: () => (failed.choice ? chosen({ ...failed.choice, challenge: undefined }) : picker.open()),
  others: () => picker.open(),
  redirect: () => chosen({ ...failed.choice, challenge: undefined, mode: "redirect" }),
  look: () => look(),
  retry: () => failed.retry().then(() => location.assign(next), trouble),
};

$("remedy").onclick = () => {
  $("trouble").hidden = true;
  remedies[$("remedy").dataset.does]();
};

const says = {
  loading: () => "Loading…",
  "signed-out": () => `Not signed in. Network: ${network}.`,
  preparing: () => "Preparing…",
  waiting: () => "Waiting for the wallet.",
  verifying: () => "Verifying…",
  "signed-in": ({ session }) => `Signed in as ${session.accountId} on ${session.network}.`,
};

let shown; // the account whose sessions are listed

function show(state) {
  $("status").textContent = says[state.status](state);
  const account = state.session?.account;
  $("signed-out").hidden = state.status === "loading" || Boolean(account);
  $("signed-in").hidden = !account;
  $("moved").hidden = !state.wallet;
  $("moved").textContent = state.wallet ? `Your wallet is on ${state.wallet} now. To be that account here, sign out and in again.` : "";
  if (account && account !== shown) look();
  shown = account;
}

async function look() {
  try {
    showSessions($("sessions"), await client.listSessions(), (id) => client.revokeSession(id).then(look, trouble));
  } catch (error) {
    trouble(error);
  }
}

const end = (scope) => () => client.signOut({ scope }).then(() => scope === "others" && look(), trouble);

$("end-others").onclick = end("others");
$("end-all").onclick = end("all");
$("others").onclick = () => picker.open();
$("usual").onclick = () => {
  const button = usual();
  if (!button) return picker.open();
  chosen({ ...button.dataset, wallet: button.wallet });
};
$("cancel").onclick = () => aborter?.abort(new DOMException("cancelled", "AbortError"));
$("waiting").oncancel = () => aborter?.abort(new DOMException("cancelled", "AbortError"));
$("next").href = next;

client.subscribe(show);
injectedWallets((all) => {
  wallets = all;
  picker.add(wallets);
  name();
});

function name() {
  const button = usual();
  $("usual").textContent = button ? `Sign in with ${button.dataset.name}` : "Sign in";
}

const back = location.hash !== "";
client.handleRedirect().then((session) => {
  if (session && back) location.assign(sessionStorage.getItem("next") ?? next);
}, (error) => error.code !== "rejected" && trouble(error)).finally(() => {
  name();
  for (const id of ["usual", "others", "end-others", "end-all"]) $(id).disabled = false;
});
