// After "Backend Authentication" in NEAR's documentation: the front end of a
// server that answers with a token.
import { useNearWallet } from "near-connect-hooks";
import { useState } from "react";

const API_URL = "";

export function LoginButton() {
  const { signNEP413Message, accountId } = useNearWallet();
  const [loading, setLoading] = useState(false);

  const handleLogin = async () => {
    if (!accountId) return alert("Please connect your wallet first");
    setLoading(true);
    try {
      const challengeResponse = await fetch(`${API_URL}/auth/challenge`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ accountId }),
      });
      const { challenge, message, recipient } = await challengeResponse.json();
      const signature = await signNEP413Message({ message, recipient, nonce: Buffer.from(challenge, "base64") });
      const authResponse = await fetch(`${API_URL}/auth/verify`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ accountId, signature: signature.signature, publicKey: signature.publicKey }),
      });
      localStorage.setItem("authToken", (await authResponse.json()).token);
      alert("Successfully authenticated!");
    } catch (error) {
      alert("Authentication failed. Please try again.");
    } finally {
      setLoading(false);
    }
  };

  return <button onClick={handleLogin} disabled={loading}>{loading ? "Authenticating..." : "Sign In with NEAR"}</button>;
}
