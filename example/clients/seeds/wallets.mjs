// The wallets that these front ends ask, as they are today, with keys of their own.
import { Keypair, hash, xdr } from "@stellar/stellar-sdk";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";

const stellar = Keypair.random();
export const publicKey = stellar.publicKey();

/** Freighter since 2023: it signs what is a HashIdPreimage, and nothing else. */
export function signAuthEntry(entry) {
  const preimage = xdr.HashIdPreimage.fromXDR(entry, "base64");
  return stellar.sign(hash(preimage.toXDR())).toString("base64");
}

/** Freighter since 2026, whatever the version of its API: SEP-53. */
export async function signMessage(message, { address }) {
  if (address !== publicKey) throw new Error("not an account of this wallet");
  return { signedMessage: stellar.sign(hash(Buffer.from("Stellar Signed Message:\n" + message))).toString("base64"), signerAddress: publicKey };
}

const account = privateKeyToAccount(generatePrivateKey());
export const { address } = account;

/** An EIP-1193 provider, which spells addresses as MetaMask does. */
export const ethereum = {
  async request({ method, params }) {
    if (method === "eth_requestAccounts") return [address.toLowerCase()];
    if (method === "personal_sign" && params[1].toLowerCase() === address.toLowerCase()) return account.signMessage({ message: { raw: params[0] } });
    throw new Error(method);
  },
};
