// A use of everything that nearauth.d.ts exports, with the libraries' own types.
import { NearConnector } from "@hot-labs/near-connect";
import * as freighterApi from "@stellar/freighter-api";
import type { Eip1193Provider } from "ethers";
import { Account } from "near-api-js";
import { Near } from "near-kit";
import { useSyncExternalStore } from "react";
import {
  AuthError, createClient, injected, injectedWallets, myNearWallet, nearApiJs, nearConnect, nearKit, testKey,
  type Challenge, type ChallengeOptions, type Client, type ClientOptions, type Connector, type ErrorCode, type InjectedWallet, type ListedSession,
  type MessageParams, type Session, type SignedMessage, type SignRequest, type Signer, type SignerContext, type State, type Status,
} from "nearauth";
import { ethereum, ethereumWallets, type EthereumProvider, type EthereumWallet } from "nearauth/ethereum";
import { freighter, freighterInstalled, type FreighterApi } from "nearauth/stellar";
import { createWalletClient, custom, type EIP1193Provider } from "viem";

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

export async function otherChains(viem: EIP1193Provider, ethers: Eip1193Provider): Promise<void> {
  const signers: Signer[] = [ethereum(viem, { chain: "eip155:8453" }), ethereum(ethers)];
  const stop: () => void = ethereumWallets((wallets: EthereumWallet[]) => {
    for (const { info, provider } of wallets) {
      signers.push(ethereum(provider satisfies EthereumProvider));
      createWalletClient({ transport: custom(provider) });
      console.log(info.name, info.uuid, info.rdns, info.icon);
    }
  });
  stop();
  const installed: boolean = await freighterInstalled();
  if (installed) signers.push(freighter(), freighter(freighterApi satisfies FreighterApi, { chain: "stellar:pubnet" }));
  for (const signer of signers) {
    const named: { accountId: string; chain: string } | undefined = await signer.account?.({ accountId: "0x" });
    const asked: Challenge = await auth.challenge(named);
    console.log(asked.messageHex, asked.address, asked.networkPassphrase);
  }
}

export function useAuth(): State {
  return useSyncExternalStore(auth.subscribe, () => auth.state);
}

export const says = (status: Status): string => ({ loading: "…", "signed-out": "", preparing: "…", waiting: "…", verifying: "…", "signed-in": "in" })[status];
