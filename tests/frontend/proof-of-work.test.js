import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { leadingZeroBits, solve } from "../../nexusvpn/static/nexusvpn/js/proof-of-work.js";

test("zero bits are counted from the front", () => {
  assert.equal(leadingZeroBits(Uint8Array.of(0x80)), 0);
  assert.equal(leadingZeroBits(Uint8Array.of(0x01)), 7);
  assert.equal(leadingZeroBits(Uint8Array.of(0, 0x10)), 11);
  assert.equal(leadingZeroBits(Uint8Array.of(0, 0)), 16);
});

test("the answer is the challenge and a number whose hash begins as asked", async () => {
  const answer = await solve("IlNhbHQi:1abc:signed-part_of.it", 10);
  assert.match(answer, /^IlNhbHQi:1abc:signed-part_of\.it\.\d+$/);
  const digest = createHash("sha256").update(answer).digest();
  assert.ok(leadingZeroBits(digest) >= 10);
});
