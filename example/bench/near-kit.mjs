// Verifies one signature with near-kit, again and again.
//
//	node near-kit.mjs VERIFY-REQUEST MESSAGE RECIPIENT NONCE
//
// Each line of the input is a number: verify so often, and answer with the
// nanoseconds that took. It ends with the input.
import { createInterface } from "node:readline";
import { verifyNep413Signature } from "near-kit";

const [request, message, recipient, nonce] = process.argv.slice(2);
const signed = JSON.parse(request);
const payload = { message, recipient, nonce: Buffer.from(nonce, "base64") };
const options = { nonceValidation: "none" }; // the nonce is the server's own

// A verdict that no change of the payload can turn would say nothing.
if (await verifyNep413Signature(signed, { ...payload, message: `${message}.` }, options)) {
  throw new Error("another message passes");
}

for await (const line of createInterface({ input: process.stdin })) {
  const begun = process.hrtime.bigint();
  for (let i = Number(line); i > 0; i--) {
    if (!(await verifyNep413Signature(signed, payload, options))) throw new Error("refused");
  }
  console.log(String(process.hrtime.bigint() - begun));
}
