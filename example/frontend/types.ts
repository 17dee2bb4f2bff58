// A use of everything that nearauth.d.ts exports, with the libraries' own types.
import { NearConnector } from "@hot-labs/near-connect";
import { Account } from "near-api-js";
import { Near } from "near-kit";
import { useSyncExternalStore } from "react";
import {
  AuthError, createClient, injected, injectedWallets, myNearWallet, nearApiJs, nearConnect, nearKit, testKey,
  type Challenge, type ChallengeOptions, type Client, type ClientOptions, type Connector, type ErrorCode, type InjectedWallet, type ListedSession,
  type MessageParams, type Session, type SignedMessage, type SignRequest, type Signer, type SignerContext, type State, type Status,
} from "nearauth";

const options: ClientOptions = { baseURL: "/auth", fetch, broadcast: true };
const auth: Client = createClient(options);

export async function everything(near: Near, account: Account, connector: NearConnector, keys: CryptoKeyPair): Promise<void> {
  const asked: Challenge = await auth.challenge({ accountId: "alice.near", chain: "near", callbackUrl: "https://site.example/" } satisfies ChallengeOptions);
  const own: Signer = async (request: SignRequest, context: SignerContext) => {
    const params: MessageParams = request;
    context.signal.throwIfAborted();
    const signed: SignedMessage = { accountId: "alice.near", publicKey: "ed25519:k", signature: new Uint8Array(params.nonce) };
    return signed;
  };
  const signers: Signer[] = [
    own, nearKit(near), nearApiJs(account), nearConnect(connector satisfies Connector), testKey("alice.near", keys),
    myNearWallet({ url: "https://app.mynearwallet.com", callbackUrl: "https://site.example/", mode: "redirect" }),
  ];
  const stop: () => void = injectedWallets((wallets: InjectedWallet[]) => signers.push(...wallets.map(injected)));
  stop();
  const controller = new AbortController();
  for (const signer of signers) {
    try {
      const session: Session | undefined = await auth.signIn(signer, { challenge: asked, signal: controller.signal });
      auth.watch(signer);
      console.log(session?.account);
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      const code: ErrorCode = error.code;
      console.log(code, error.status, error.retryAfter, error.message);
      const again: Session | undefined = await error.retry?.();
      console.log(again);
    }
  }
  const back: Session | null = await auth.handleRedirect();
  const now: Session | null = await auth.getSession();
  const listed: ListedSession[] = await auth.listSessions();
  for (const { id, current } of listed) if (!current) await auth.revokeSession(id);
  await auth.signOut({ scope: "others" });
  await auth.signOut();
  await auth.verify(asked, { accountId: "alice.near", publicKey: account, signature: "c2ln" });
  console.log(back?.publicKey, now?.keyCheckedAt);
  auth.close();
}

export function useAuth(): State {
  return useSyncExternalStore(auth.subscribe, () => auth.state);
}

export const says = (status: Status): string => ({ loading: "…", "signed-out": "", preparing: "…", waiting: "…", verifying: "…", "signed-in": "in" })[status];
