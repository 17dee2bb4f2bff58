// Types of nearauth.js, the browser's side of nearauth.

/** What the server wants signed: the answer of POST /challenge. */
export interface Challenge {
  chain: string;
  network: string;
  nonce: string; // base64, 32 bytes
  challenge: string; // the same
  message: string;
  recipient: string;
  callbackUrl?: string;
  state?: string;
  issuedAt: string; // RFC 3339
  expiresAt: string;
  expiresIn: number; // seconds
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

/** What a wallet signs. */
export interface SignRequest {
  message: string;
  recipient: string;
  nonce: Uint8Array;
  callbackUrl?: string;
  state?: string;
  network: string;
  chain: string;
}

/** What a wallet answers. */
export interface SignedMessage {
  accountId: string;
  publicKey: string | { toString(): string };
  signature: string | Uint8Array | ArrayBuffer;
}

export interface SignerContext {
  challenge: Challenge;
  signal?: AbortSignal;
  /** Keeps the challenge for when the browser is back from the wallet. */
  remember(challenge: Challenge): void;
  /** What open has returned. */
  popup?: Window;
}

/** A function from what must be signed to the wallet's answer; undefined when
 * the page is leaving for the wallet. */
export interface Signer {
  (request: SignRequest, context: SignerContext): Promise<SignedMessage | undefined>;
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
  /** After chain_unavailable at a sign-in: sends the same answer again. */
  retry?: () => Promise<Session>;
}

export type Status = "loading" | "signed-out" | "preparing" | "waiting" | "verifying" | "signed-in";

export interface State {
  readonly status: Status;
  /** undefined is not known yet. */
  readonly session: Session | null | undefined;
  readonly error: AuthError | undefined;
  /** The account that the wallet has moved to, if it is not the session's. */
  readonly wallet: string | undefined;
}

export interface ChallengeOptions {
  accountId?: string;
  chain?: string;
  callbackUrl?: string;
}

export interface Client {
  readonly state: State;
  /** Calls the listener with each new state, and returns how to stop that:
   * what useSyncExternalStore, Svelte and Vue expect. */
  subscribe(listener: (state: State) => void): () => void;
  getSession(): Promise<Session | null>;
  /** Call it when the page loads, in the place of getSession, where a wallet may
   * send the browser back. */
  handleRedirect(): Promise<Session | null>;
  /** undefined when the page is leaving for the wallet. */
  signIn(signer: Signer, options?: ChallengeOptions & { challenge?: Challenge; signal?: AbortSignal }): Promise<Session | undefined>;
  signOut(options?: { scope?: "all" | "others" }): Promise<void>;
  listSessions(): Promise<ListedSession[]>;
  revokeSession(id: string): Promise<void>;
  challenge(options?: ChallengeOptions): Promise<Challenge>;
  verify(challenge: Challenge, signed: SignedMessage): Promise<Session>;
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
export function injectedWallets(listener: (wallets: InjectedWallet[]) => void): () => void;
/** A NearConnector of @hot-labs/near-connect. */
export function nearConnect(connector: {
  selectWallet(options: any): Promise<string>;
  wallet(id?: string): Promise<any>;
  on(event: any, listener: (event: any) => void): void;
  off(event: any, listener: (event: any) => void): void;
}): Signer;
/** A Near of near-kit. */
export function nearKit(near: { signMessage(options: any): Promise<SignedMessage> }): Signer;
/** An Account of near-api-js 7, and signMessage of "near-api-js/nep413". */
export function nearApiJs(account: { accountId: string }, signMessage: (options: any) => Promise<any>): Signer;
export function myNearWallet(options: { url: string; callbackUrl: string; mode?: "popup" | "redirect" }): Signer;
/** A key pair of WebCrypto, for development and tests. */
export function testKey(accountId: string, keys: CryptoKeyPair): Signer;
