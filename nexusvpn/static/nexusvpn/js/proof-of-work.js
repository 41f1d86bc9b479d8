// Finds what `accounts.challenges.ProofOfWork` asks for: a number that makes the hash of a text begin with zero bits.
import { sha256 } from "@noble/hashes/sha2.js";

const BATCH = 2000;
const encoder = new TextEncoder();

export function leadingZeroBits(bytes) {
  let bits = 0;
  for (const byte of bytes) {
    if (byte) return bits + Math.clz32(byte) - 24;
    bits += 8;
  }
  return bits;
}

/** Resolves to `<challenge>.<number>`. The page stays usable meanwhile: it works in short batches. */
export async function solve(challenge, bits) {
  for (let number = 0; ; number += 1) {
    const answer = `${challenge}.${number}`;
    if (leadingZeroBits(sha256(encoder.encode(answer))) >= bits) return answer;
    if (number % BATCH === BATCH - 1) await new Promise((resume) => setTimeout(resume));
  }
}
