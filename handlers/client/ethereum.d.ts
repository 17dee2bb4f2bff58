// Types of ethereum.js, Ethereum wallets for nearauth.
import type { Signer } from "nearauth";

/** What is needed of a provider by EIP-1193. */
export interface EthereumProvider {
  request(call: { method: any; params?: any }): Promise<any>;
  on?(event: any, listener: (accounts: any) => void): unknown;
  removeListener?(event: any, listener: (accounts: any) => void): unknown;
}

/** A wallet as it announces itself by EIP-6963. */
export interface EthereumWallet {
  info: {
    uuid: string; // of this page
    name: string;
    icon: string; // a data: URL; only for an <img>
    rdns: string; // of the wallet: "io.metamask"
  };
  provider: EthereumProvider;
}

/** Wallets that announce themselves on the page. Calls the listener with all of
 * them whenever one has, and returns how to stop that. */
export function ethereumWallets(listener: (wallets: EthereumWallet[]) => void): () => void;

/** A provider, from ethereumWallets or of any other kind. chain is a CAIP-2 id; the
 * default is "eip155", the first Ethereum network of the server. */
export function ethereum(provider: EthereumProvider, options?: { chain?: string }): Signer;
