import assert from "node:assert/strict";
import { test } from "node:test";
import { x25519 } from "@noble/curves/ed25519.js";
import { clamp, generateKeyPair, toBase64 } from "../../nexusvpn/static/nexusvpn/js/keys.js";

const fromHex = (text) => Uint8Array.from(Buffer.from(text, "hex"));
const fromBase64 = (text) => Uint8Array.from(Buffer.from(text, "base64"));
const fromBase64Url = (text) => Uint8Array.from(Buffer.from(text, "base64url"));

// RFC 7748 section 6.1.
const ALICE_PRIVATE = fromHex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
const ALICE_PUBLIC = fromHex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
const BOB_PRIVATE = fromHex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
const BOB_PUBLIC = fromHex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");

const fixedRandom = (bytes) => (array) => {
  array.set(bytes);
  return array;
};

function assertIsClampedPair({ privateKey, publicKey }) {
  const secret = fromBase64(privateKey);
  assert.equal(secret.length, 32);
  assert.deepEqual(secret, clamp(secret));
  assert.deepEqual(x25519.getPublicKey(secret), fromBase64(publicKey));
}

test("clamping sets the fixed bits of a key and leaves its argument alone", () => {
  const ones = new Uint8Array(32).fill(255);
  const clamped = clamp(ones);
  assert.equal(clamped[0], 248);
  assert.equal(clamped[31], 127);
  assert.equal(clamp(new Uint8Array(32))[31], 64);
  assert.equal(ones[0], 255);
});

test("clamping does not change the public key", () => {
  assert.deepEqual(x25519.getPublicKey(clamp(ALICE_PRIVATE)), ALICE_PUBLIC);
});

for (const [name, secret, expected] of [
  ["Alice", ALICE_PRIVATE, ALICE_PUBLIC],
  ["Bob", BOB_PRIVATE, BOB_PUBLIC],
]) {
  test(`without Web Crypto ${name}'s key of RFC 7748 gives the public key of RFC 7748`, async () => {
    const pair = await generateKeyPair({ getRandomValues: fixedRandom(secret) });
    assert.equal(pair.publicKey, toBase64(expected));
    assert.equal(pair.privateKey, toBase64(clamp(secret)));
  });

  test(`with Web Crypto ${name}'s key of RFC 7748 gives the public key of RFC 7748`, async () => {
    const jwk = {
      kty: "OKP",
      crv: "X25519",
      d: Buffer.from(secret).toString("base64url"),
      x: Buffer.from(expected).toString("base64url"),
    };
    const { subtle } = globalThis.crypto;
    const algorithm = { name: "X25519" };
    const publicKey = await subtle.importKey("jwk", { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, algorithm, true, []);
    const privateKey = await subtle.importKey("jwk", jwk, algorithm, true, ["deriveBits"]);
    const pair = await generateKeyPair({
      subtle: {
        generateKey: async () => ({ publicKey, privateKey }),
        exportKey: (format, key) => subtle.exportKey(format, key),
      },
    });
    assert.equal(pair.publicKey, toBase64(expected));
    assert.equal(pair.privateKey, toBase64(clamp(fromBase64Url(jwk.d))));
  });
}

test("Web Crypto makes a matching pair with a clamped private key, a new one each time", async () => {
  const first = await generateKeyPair();
  const second = await generateKeyPair();
  assertIsClampedPair(first);
  assertIsClampedPair(second);
  assert.notEqual(first.privateKey, second.privateKey);
});

test("a browser whose Web Crypto has no X25519 still makes a matching pair", async () => {
  const crypto = {
    subtle: { generateKey: () => Promise.reject(new DOMException("No X25519 here", "NotSupportedError")) },
    getRandomValues: (array) => globalThis.crypto.getRandomValues(array),
  };
  assertIsClampedPair(await generateKeyPair(crypto));
});

test("any other failure of Web Crypto is not hidden", async () => {
  const crypto = { subtle: { generateKey: () => Promise.reject(new DOMException("No", "OperationError")) } };
  await assert.rejects(generateKeyPair(crypto), { name: "OperationError" });
});
