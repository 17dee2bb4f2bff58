// Types of stellar.js, Stellar's wallet Freighter for nearauth.
import type { Signer } from "nearauth";

/** What is needed of @stellar/freighter-api, from version 3. */
export interface FreighterApi {
  isConnected(): Promise<{ isConnected: boolean }>;
  requestAccess(): Promise<{ address: string; error?: unknown }>;
  getAddress(): Promise<{ address: string; error?: unknown }>;
  signMessage(message: string, options: { address: string; networkPassphrase: string }): Promise<{
    signedMessage: string | ArrayLike<number> | { data: number[] } | null; // base64, or bytes before version 4
    signerAddress?: string;
    error?: unknown;
  }>;
}

/** Freighter, by that module if it is given. chain is a CAIP-2 id; the default is
 * "stellar", the server's. */
export function freighter(api?: FreighterApi, options?: { chain?: string }): Signer;

/** Whether Freighter is there. It takes two seconds to say no. */
export function freighterInstalled(api?: FreighterApi): Promise<boolean>;
