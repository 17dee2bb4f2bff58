// SEP-53 and Stellar's addresses (SEP-23) in plain JavaScript, as nep413.js has
// NEAR's. It needs nothing but WebCrypto.

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

// base32 is without padding: what is encoded here is a multiple of 5 bytes.
function base32(bytes) {
  const bits = [...bytes].map((b) => b.toString(2).padStart(8, "0")).join("");
  return bits.replace(/.{5}/g, (five) => alphabet[parseInt(five, 2)]);
}

// crc16 is CRC-16/XMODEM.
function crc16(bytes) {
  let crc = 0;
  for (const b of bytes) {
    crc ^= b << 8;
    for (let i = 0; i < 8; i++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc;
}

// addressOf returns the account (G…) of a public key of 32 bytes.
export function addressOf(publicKey) {
  const body = [6 << 3, ...publicKey];
  const crc = crc16(body);
  return base32([...body, crc & 0xff, crc >> 8]);
}

// messageHash returns what a wallet signs.
export async function messageHash(message) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode("Stellar Signed Message:\n" + message)));
}
