// What must not pass the type checker.
import { createClient, myNearWallet, nearKit, type ErrorCode, type State } from "nearauth";
import { ethereum } from "nearauth/ethereum";
import { freighter } from "nearauth/stellar";

const auth = createClient();
auth.signOut({ scope: "everybody" }); // refused
auth.state.status = "signed-in"; // refused
auth.signIn(async () => ({ accountId: "alice.near" })); // refused
auth.signIn(myNearWallet({ url: "https://app.mynearwallet.com" })); // refused
nearKit({}); // refused
auth.signIn(ethereum({})); // refused
auth.signIn(freighter({ isConnected: async () => ({ isConnected: true }) })); // refused
const code: ErrorCode = "no_such_code"; // refused
const account = (state: State): string => state.session.accountId; // refused
void [code, account];
