// The page: who is signed in, the wallets, and the sessions.

import { createClient, injected, injectedWallets, myNearWallet } from "/auth/client.js";
import { moreWallets } from "./more.js";
import { createPicker } from "./picker.js";
import { showSessions } from "./sessions.js";
import { explain, networkOf, short } from "./words.js";

const $ = (id) => document.getElementById(id);
const { next, network, callback: callbackUrl } = document.body.dataset;
const chains = document.body.dataset.chains.split(" "); // NEAR first
const client = createClient();
const picker = createPicker({
  dialog: $("picker"), list: $("wallets"), countdown: $("countdown"), client, chains, callbackUrl,
  choose: (button, challenge) => signIn(choiceOf(button), { challenge }),
  fail: (error) => trouble(error, picker.open),
});

// ---- Signing in -------------------------------------------------------------

const choiceOf = (button) => ({ chain: chains[0], ...button.dataset, signer: button.signer });
const nameOf = ({ name, chain }) => `${name} ${chain}`;
const wallets = () => [...$("wallets").querySelectorAll("button:not([data-mode=more])")];

// The wallet that was used last, or the first there is.
const last = () => wallets().find((button) => nameOf(choiceOf(button)) === localStorage.getItem("nearauth-wallet"));
const usual = () => last() ?? wallets()[0];

function signerOf({ url, mode, signer }) {
  if (signer) return showing(signer);
  if (mode === "more") return more();
  return myNearWallet({ url, mode, callbackUrl });
}

function more() {
  const { nearConnect, integrity } = document.body.dataset;
  return moreWallets({ url: nearConnect, integrity, network, nonce: document.querySelector("script").nonce });
}

const where = {
  popup: (name) => `${name} has a window of its own. Approve there.`,
  redirect: (name) => `This tab goes to ${name}.`,
  more: () => "Choose a wallet in the list that opens, and approve there.",
};

// ---- What is signed ---------------------------------------------------------

const message = $("message").nextElementSibling;
const nearMessage = message.textContent;
const site = location.protocol === "https:" ? location.host : location.origin; // as the other texts begin

// describe shows what a wallet will ask. Outside of NEAR the text is made when the
// wallet has named the account.
function describe({ chain }, accountId) {
  const near = chain === chains[0];
  const kind = chain.startsWith("stellar:") ? "Stellar" : "Ethereum";
  const beginning = `“${site} wants you to sign in with your ${kind} account”`;
  message.textContent = near ? nearMessage : `${beginning}, with your address, a number that is used once, and the time`;
  message.className = "";
  $("network").textContent = networkOf(chain);
  $("who").textContent = accountId ?? "the one you choose in the wallet";
  $("for").hidden = $("for").nextElementSibling.hidden = !near;
}

// showing is a signer that shows that text before the wallet does.
function showing(signer) {
  const shows = (request, context) => {
    if (request.address) {
      message.textContent = request.message;
      message.className = "text";
      $("who").textContent = request.address;
    }
    return signer(request, context);
  };
  return Object.assign(shows, signer);
}

// ---- The sign-in ------------------------------------------------------------

let aborter; // of the sign-in under way

async function signIn(choice, options = {}) {
  localStorage.setItem("nearauth-wallet", nameOf(choice));
  sessionStorage.setItem("next", next);
  $("trouble").hidden = true;
  describe(choice, options.accountId);
  $("where").textContent = where[choice.mode]?.(choice.name) ?? `Approve in ${choice.name}.`;
  aborter = new AbortController();
  try {
    if (await client.signIn(signerOf(choice), { ...options, signal: aborter.signal })) location.assign(next);
  } catch (error) {
    describe(choice);
    // Who says no is simply back.
    if (error.code === "rejected") $(client.state.session ? "next" : "usual").focus();
    else trouble(error, () => signIn(choice, { ...options, challenge: undefined }), choice);
  }
}

$("cancel").onclick = () => aborter.abort();

// ---- What went wrong --------------------------------------------------------

// trouble says what went wrong. again is what to try again.
function trouble(error, again, choice) {
  if (error.code === "unauthenticated") client.getSession().catch(() => {});
  const { text, remedy } = explain(error);
  $("words").textContent = text;
  $("trouble").hidden = false;
  $("remedy").hidden = !remedy;
  if (!remedy) return;
  const remedies = {
    again: error.retry ? () => retry(error, again) : again,
    others: picker.open,
    redirect: () => signIn({ ...choice, mode: "redirect" }),
    look,
  };
  $("remedy").textContent = remedy.label;
  $("remedy").onclick = () => {
    $("trouble").hidden = true;
    remedies[remedy.does]();
  };
  $("remedy").focus();
}

// retry sends the wallet's answer of before.
async function retry(error, again) {
  try {
    await error.retry();
    location.assign(sessionStorage.getItem("next") ?? next);
  } catch (error) {
    trouble(error, again);
  }
}

// ---- Who is signed in -------------------------------------------------------

const says = {
  loading: () => "Loading…",
  "signed-out": () => (shown ? "Signed out." : "Not signed in."),
  preparing: () => "Preparing…",
  waiting: () => "Waiting for the wallet.",
  verifying: () => "Verifying…",
  "signed-in": ({ session }) => `Signed in as ${session.accountId} on ${networkOf(session.chain)}.`,
};

let shown; // the account whose sessions are listed, or were

function show(state) {
  const account = state.session?.account;
  const busy = ["preparing", "waiting", "verifying"].includes(state.status);
  const begins = busy && $("waiting").hidden;
  $("status").textContent = says[state.status](state);
  // What is signed stays there, to be compared with what the wallet shows.
  $("signed-out").hidden = !busy && state.status !== "signed-out";
  $("signed-in").hidden = state.status !== "signed-in";
  $("ways").hidden = busy;
  $("waiting").hidden = !busy;
  if (begins) $("cancel").focus();
  $("moved").hidden = !state.wallet;
  if (state.wallet) {
    $("moved").firstElementChild.textContent = `Your wallet is on ${state.wallet} now.`;
    $("follow").textContent = `Sign in as ${short(state.wallet)}`;
  }
  if (account && account !== shown) look();
  shown = account ?? shown;
  if (account) watch();
  else watched = undefined;
}

let watched; // the signer that tells

// watch has the session's wallet tell when it moves to another account, also after
// a reload.
function watch() {
  const { signer, dataset } = usual() ?? {};
  if (!signer || signer === watched || client.state.session?.chain !== dataset.chain) return;
  watched = signer;
  client.watch(signer);
}

$("follow").onclick = () => signIn(choiceOf(usual()), { accountId: client.state.wallet });

// ---- The sessions -----------------------------------------------------------

async function look() {
  try {
    const sessions = await client.listSessions();
    showSessions($("sessions"), sessions, end(({ id }) => client.revokeSession(id)));
    $("end-others").disabled = sessions.length < 2;
    $("end-all").disabled = false;
  } catch (error) {
    trouble(error, look);
  }
}

// end returns a handler that ends sessions, and looks what is left.
function end(ending) {
  return async function again(what) {
    try {
      await ending(what);
    } catch (error) {
      return trouble(error, () => again(what));
    }
    if (!client.state.session) return $("usual").focus();
    await look();
    $("everywhere").focus(); // the button that was pressed may be gone
  };
}

$("end-others").onclick = end(() => client.signOut({ scope: "others" }));
$("end-all").onclick = end(() => client.signOut({ scope: "all" }));
$("sign-out").onsubmit = (event) => {
  event.preventDefault();
  end(() => client.signOut())();
};

// ---- The beginning ----------------------------------------------------------

$("others").onclick = () => picker.open();
$("usual").onclick = () => (usual() ? signIn(choiceOf(usual())) : picker.open());
$("next").href = next;

function name() {
  $("usual").textContent = usual() ? `Sign in with ${usual().dataset.name}` : "Sign in";
  if (usual() && $("waiting").hidden) describe(choiceOf(usual()));
}

// found offers wallets that are installed.
function found(wallets) {
  picker.add(wallets);
  name();
  watch();
}

client.subscribe(show);
injectedWallets((wallets) => found(wallets.map((wallet) => (
  { id: wallet.manifest.id, name: wallet.manifest.name, chain: chains[0], signer: injected(wallet) }
))));
const others = chains.length > 1 ? import("./others.js") : undefined;
const looked = others?.then(({ otherWallets }) => otherWallets(chains, found));

// settled is when the usual wallet is not likely to become another one. Who comes
// back to a wallet waits until it is found, or cannot be; others but a moment.
async function settled() {
  await others;
  const moment = new Promise((done) => setTimeout(done, 250));
  await (localStorage.getItem("nearauth-wallet") && !last() ? looked : Promise.race([looked, moment]));
}

const back = new URLSearchParams(location.hash.slice(1)).has("signature");
client.handleRedirect().then((session) => {
  if (session && back) location.assign(sessionStorage.getItem("next") ?? next);
}, (error) => error.code !== "rejected" && trouble(error, picker.open)).finally(settled).finally(() => {
  name();
  for (const id of ["usual", "others"]) $(id).disabled = false;
});
