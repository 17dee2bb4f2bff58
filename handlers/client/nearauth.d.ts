// Types of nearauth.js, the browser's side of nearauth.

/** What the server wants signed: the answer of POST /challenge. */
export interface Challenge {
  chain: string;
  network: string;
  nonce: string; // base64, 32 bytes; 64 hex digits for Ethereum and Stellar
  challenge: string; // the same
  message: string;
  recipient: string;
  callbackUrl?: string;
  state?: string;
  issuedAt: string; // RFC 3339
  expiresAt: string;
  expiresIn: number; // seconds
  /** Ethereum and Stellar: the account that the message names. */
  address?: string;
  /** Ethereum: the message as personal_sign takes it, in hex. */
  messageHex?: string;
  /** Stellar. */
  networkPassphrase?: string;
}

/** Who is signed in: the answer of GET /session and POST /verify. */
export interface Session {
  account: string; // CAIP-10
  accountId: string;
  chain: string; // CAIP-2
  network: string;
  publicKey: string;
  signedInAt: string;
  expiresAt: string;
  keyCheckedAt?: string;
}

/** One of the account's sessions. The id opens nothing. */
export interface ListedSession {
  id: string;
  current: boolean;
  createdAt: string;
  lastSeenAt: string;
  expiresAt: string;
  userAgent?: string;
  ip?: string;
  publicKey: string;
}

/** What a wallet signs: the challenge, with the nonce in bytes for NEP-413. In
 * the text of other chains it stands already. */
export interface SignRequest extends Omit<Challenge, "nonce"> {
  nonce: Uint8Array;
}

/** What a wallet answers. */
export interface SignedMessage {
  accountId: string;
  /** Not where the signature says it, or the account is the key. */
  publicKey?: string | { toString(): string } | undefined;
  /** base64 or base58, or bytes. */
  signature: string | Uint8Array | ArrayBuffer;
}

export interface SignerContext {
  challenge: Challenge;
  /** Aborted when nobody waits for the answer any more. */
  signal: AbortSignal;
  /** Keeps the challenge for when the browser is back from the wallet. */
  remember(challenge: Challenge): void;
  /** What open has returned. */
  popup?: Window;
}

/** A function from what must be signed to the wallet's answer; undefined when
 * the page is leaving for the wallet. */
export interface Signer {
  (request: SignRequest, context: SignerContext): Promise<SignedMessage | undefined>;
  /** Where the text names the account: asks the wallet for it, before the
   * challenge. What signIn was told to want goes before. */
  account?: (wanted?: ChallengeOptions) => Promise<{ accountId: string; chain: string }>;
  /** Called right in the click, before anything is waited for. */
  open?: () => Window;
  /** Where the wallet returns to; one of the server's callbacks. */
  callbackUrl?: string;
  /** Tells which account the wallet is on, and returns how to stop that. */
  watch?: (listener: (accountId: string | undefined) => void) => () => void;
}

export type ErrorCode =
  | "invalid_request" | "unsupported_chain" | "unsupported_key_type" | "cookie_missing" | "challenge_invalid"
  | "invalid_signature" | "account_mismatch" | "key_not_found" | "key_not_full_access" | "unauthenticated"
  | "reauthentication_required" | "cross_origin" | "https_required" | "account_denied" | "not_found"
  | "session_not_found" | "method_not_allowed" | "body_too_large" | "unsupported_media_type" | "rate_limited"
  | "chain_unavailable" | "store_unavailable"
  | "network" | "rejected" | "wallet" | "popup_blocked" | "popup_closed" | "redirect_lost" | "unknown";

export class AuthError extends Error {
  constructor(code: ErrorCode, message: string, more?: { status?: number; retryAfter?: number; cause?: unknown });
  readonly code: ErrorCode;
  /** HTTP status, 0 if there was no answer. */
  readonly status: number;
  /** Seconds. */
  readonly retryAfter?: number;
  /** At a sign-in, where the wallet need not sign twice (chain_unavailable,
   * network, rate_limited): sends the same answer again. */
  retry?: () => Promise<Session>;
}

export type Status = "loading" | "signed-out" | "preparing" | "waiting" | "verifying" | "signed-in";

export interface State {
  readonly status: Status;
  /** undefined is not known yet. */
  readonly session?: Session | null | undefined;
  /** What went wrong with the last sign-in, unless a person said no. */
  readonly error?: AuthError | undefined;
  /** The account that the wallet has moved to, if it is not the session's. */
  readonly wallet?: string | undefined;
}

export interface ChallengeOptions {
  accountId?: string;
  chain?: string;
  callbackUrl?: string;
}

export interface Client {
  readonly state: State;
  /** Calls the listener now and with each new state, and returns how to stop
   * that: what Svelte expects of a store, and React's useSyncExternalStore. */
  subscribe(listener: (state: State) => void): () => void;
  getSession(): Promise<Session | null>;
  /** Call it when the page loads, in the place of getSession, where a wallet may
   * send the browser back. */
  handleRedirect(): Promise<Session | null>;
  /** undefined when the page is leaving for the wallet. Another signIn abandons
   * one that is under way, as the signal does. */
  signIn(signer: Signer, options?: ChallengeOptions & { challenge?: Challenge; signal?: AbortSignal }): Promise<Session | undefined>;
  signOut(options?: { scope?: "all" | "others" }): Promise<void>;
  listSessions(): Promise<ListedSession[]>;
  revokeSession(id: string): Promise<void>;
  challenge(options?: ChallengeOptions): Promise<Challenge>;
  verify(challenge: Challenge, signed: SignedMessage): Promise<Session>;
  /** Notices when the wallet has moved to another account: see State.wallet.
   * signIn does that by itself; after a reload the application can. */
  watch(signer: Pick<Signer, "watch">): void;
  /** Stops listening to other tabs and to the wallet. */
  close(): void;
}

export interface ClientOptions {
  /** Where the endpoints are. The default is "/auth". */
  baseURL?: string;
  fetch?: typeof fetch;
  /** Tell other tabs, and look again when this one is visible. The default is true. */
  broadcast?: boolean;
}

export function createClient(options?: ClientOptions): Client;

/** A wallet object as near-connect and injected wallets have it. */
export interface InjectedWallet {
  manifest: { id: string; name: string; icon?: string; website?: string; features?: Record<string, unknown> };
  signIn(options: { network: string }): Promise<unknown>;
  signMessage(options: { message: string; recipient: string; nonce: Uint8Array; network?: string }): Promise<SignedMessage>;
  signInAndSignMessage?(options: unknown): Promise<{ accountId: string; signedMessage: SignedMessage }[]>;
  on?(event: string, listener: (event: any) => void): void;
  off?(event: string, listener: (event: any) => void): void;
}

export function injected(wallet: InjectedWallet): Signer;

/** Wallets that announce themselves on the page, as near-connect hears them.
 * Calls the listener with all of them whenever one has, and returns how to stop
 * that. */
export function injectedWallets(listener: (wallets: InjectedWallet[]) => void): () => void;

/** What is needed of a NearConnector of @hot-labs/near-connect. */
export interface Connector {
  selectWallet(options: { features: { signMessage: true } }): Promise<string>;
  wallet(id: string): Promise<{ manifest: { features?: { signInAndSignMessage?: boolean } }; signMessage(params: any): Promise<SignedMessage> }>;
  connect(options: { walletId: string; signMessageParams?: MessageParams }): Promise<unknown>;
  on(event: any, listener: (event: any) => void): void;
  off(event: any, listener: (event: any) => void): void;
}

export interface MessageParams {
  message: string;
  recipient: string;
  nonce: Uint8Array;
}

/** near-connect, whose own picker asks for the wallet. */
export function nearConnect(connector: Connector): Signer;
/** A Near of near-kit, with a wallet or a key. */
export function nearKit(near: { signMessage(params: MessageParams): Promise<SignedMessage> }): Signer;
/** An Account of near-api-js from version 7, with its signer. */
export function nearApiJs(account: {
  accountId: string;
  getSigner(): { signNep413Message(accountId: string, params: MessageParams): Promise<SignedMessage> } | undefined;
}): Signer;
/** MyNearWallet ("https://app.mynearwallet.com", "https://testnet.mynearwallet.com")
 * and what speaks its protocol. A popup opens only right in a click. */
export function myNearWallet(options: { url: string; callbackUrl: string; mode?: "popup" | "redirect" }): Signer;
/** A key pair of WebCrypto (Ed25519), for development and tests. */
export function testKey(accountId: string, keys: { publicKey: CryptoKey; privateKey: CryptoKey }): Signer;
