import assert from "node:assert/strict";
import { test } from "node:test";
import { base64url, readOptions, writeCredential } from "../../nexusvpn/static/nexusvpn/js/passkeys.js";

const BYTES = Uint8Array.from([0xfb, 0xff, 0x00]);

test("bytes are read from base64url wherever WebAuthn has them, and the rest stays", () => {
  const options = readOptions({
    challenge: "-_8A",
    rp: { id: "localhost" },
    user: { id: "-_8A", name: "ada" },
    excludeCredentials: [{ id: "-_8A", type: "public-key" }],
  });
  assert.deepEqual(options.challenge, BYTES);
  assert.deepEqual(options.user, { id: BYTES, name: "ada" });
  assert.deepEqual(options.excludeCredentials, [{ id: BYTES, type: "public-key" }]);
  assert.deepEqual(options.rp, { id: "localhost" });
  assert.ok(!("allowCredentials" in options));
});

test("a credential becomes JSON with what it has", () => {
  const written = JSON.parse(
    writeCredential({
      id: "-_8A",
      rawId: BYTES.buffer,
      type: "public-key",
      response: { clientDataJSON: BYTES.buffer, signature: BYTES.buffer, userHandle: null },
    }),
  );
  assert.deepEqual(written, {
    id: "-_8A",
    rawId: "-_8A",
    type: "public-key",
    response: { clientDataJSON: "-_8A", signature: "-_8A" },
  });
  assert.equal(base64url(new ArrayBuffer(1)), "AA");
});
