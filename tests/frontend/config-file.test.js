import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { configFileName, fillMark, fillPrivateKey } from "../../nexusvpn/static/nexusvpn/js/config-file.js";

// The server gives the same names; its tests read the same cases.
const CASES = JSON.parse(readFileSync(new URL("file-name-cases.json", import.meta.url)));
const CONFIG = `[Interface]
# PrivateKey = (the private key of this device)
Address = 10.64.0.2/32

[Peer]
PublicKey = 3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=
`;

test("the placeholder line becomes the private key and every other line stays", () => {
  const filled = fillPrivateKey(CONFIG, "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=");
  assert.equal(
    filled,
    CONFIG.replace(
      "# PrivateKey = (the private key of this device)",
      "PrivateKey = dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=",
    ),
  );
});

test("Windows line ends around the placeholder do no harm", () => {
  assert.match(fillPrivateKey(CONFIG.replaceAll("\n", "\r\n"), "KEY="), /\nPrivateKey = KEY=\r?\n/);
});

test("a configuration without the placeholder, or with two, is refused", () => {
  assert.throws(() => fillPrivateKey("[Interface]\n", "KEY="));
  assert.throws(() => fillPrivateKey(CONFIG + CONFIG, "KEY="));
});

test("the mark of a profile becomes the private key, and there must be exactly one", () => {
  assert.equal(fillMark("<string>PrivateKey = {{PRIVATE_KEY}}\n</string>", "a+/$&="), "<string>PrivateKey = a+/$&=\n</string>");
  assert.throws(() => fillMark("<string></string>", "KEY="));
  assert.throws(() => fillMark("{{PRIVATE_KEY}} {{PRIVATE_KEY}}", "KEY="));
});

for (const [device, file] of CASES) {
  test(`the device ${JSON.stringify(device)} is saved as ${file}`, () => {
    assert.equal(configFileName(device), file);
    assert.match(file, /^[a-z0-9_.-]{1,15}\.conf$/);
  });
}
