// What must not pass the type checker.
import { createClient, myNearWallet, nearKit, type ErrorCode, type State } from "nearauth";

const auth = createClient();
auth.signOut({ scope: "everybody" }); // refused
auth.state.status = "signed-in"; // refused
auth.signIn(async () => ({ accountId: "alice.near" })); // refused
auth.signIn(myNearWallet({ url: "https://app.mynearwallet.com" })); // refused
nearKit({}); // refused
const code: ErrorCode = "no_such_code"; // refused
const account = (state: State): string => state.session.accountId; // refused
void [code, account];
