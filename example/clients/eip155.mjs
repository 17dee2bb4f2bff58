// Keys and contracts of Ethereum, by viem and by ethers.
import { Wallet, verifyMessage as ethersVerifies } from "ethers";
import { serializeErc6492Signature, verifyMessage as viemVerifies } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { createSiweMessage } from "viem/siwe";

// libraries make a new key, which signs the bytes of a text by EIP-191.
export const libraries = {
  viem() {
    const account = privateKeyToAccount(generatePrivateKey());
    return { address: account.address, sign: (messageHex) => account.signMessage({ message: { raw: messageHex } }) };
  },
  ethers() {
    const wallet = Wallet.createRandom();
    return { address: wallet.address, sign: (messageHex) => wallet.signMessage(Buffer.from(messageHex.slice(2), "hex")) };
  },
};

export const toHex = (text) => "0x" + Buffer.from(text).toString("hex");

// verdicts are what both libraries say of a text, an address and a signature.
export const verdicts = async (message, address, signature) => ({
  ethers: ethersVerifies(message, signature) === address,
  viem: await viemVerifies({ message, address, signature }),
});

// ownText is what a front end on wagmi, RainbowKit or Reown makes of the nonce.
export const ownText = (origin, address, nonce, more) => createSiweMessage({
  address, nonce, chainId: 1, domain: new URL(origin).host, uri: origin, version: "1", ...more,
});

// deployment is how a contract comes to be on the chain, and undeployed wraps a
// signature with it for one that is not there yet (ERC-6492).
export const deployment = { factory: "0xcafebabecafebabecafebabecafebabecafebabe", calldata: "0xdeadbeef" };
export const undeployed = (signature) => serializeErc6492Signature({ address: deployment.factory, data: deployment.calldata, signature });
