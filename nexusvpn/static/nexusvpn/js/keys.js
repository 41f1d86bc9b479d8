// WireGuard key pairs, made where this code runs. Nothing here talks to a network.
import { x25519 } from "@noble/curves/ed25519.js";

const KEY_BYTES = 32;

export function toBase64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

/** A copy of a private key with the fixed bits of RFC 7748 section 5 set, as `wg genkey` writes it. */
export function clamp(privateKey) {
  const clamped = Uint8Array.from(privateKey);
  clamped[0] &= 248;
  clamped[31] = (clamped[31] & 127) | 64;
  return clamped;
}

function encodePair(privateKey, publicKey) {
  return { privateKey: toBase64(clamp(privateKey)), publicKey: toBase64(publicKey) };
}

async function generateWithWebCrypto(subtle) {
  const pair = await subtle.generateKey({ name: "X25519" }, true, ["deriveBits"]);
  const [publicKey, pkcs8] = await Promise.all([
    subtle.exportKey("raw", pair.publicKey),
    subtle.exportKey("pkcs8", pair.privateKey),
  ]);
  // RFC 8410: the key is the last field of the structure, so it is its last 32 bytes.
  return encodePair(new Uint8Array(pkcs8).slice(-KEY_BYTES), new Uint8Array(publicKey));
}

function generateWithNoble(crypto) {
  const privateKey = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return encodePair(privateKey, x25519.getPublicKey(privateKey));
}

/**
 * A new pair as base64, `{privateKey, publicKey}`.
 *
 * Web Crypto makes it. Older browsers have no X25519 there, and a page that is not served over TLS has no
 * Web Crypto at all; both still have a secure random source, and the curve comes from noble-curves.
 */
export async function generateKeyPair(crypto = globalThis.crypto) {
  if (crypto.subtle) {
    try {
      return await generateWithWebCrypto(crypto.subtle);
    } catch (error) {
      if (error.name !== "NotSupportedError") throw error;
    }
  }
  return generateWithNoble(crypto);
}
