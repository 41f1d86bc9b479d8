import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { olderSchemes } from "../../frontend/schemes.js";

const css = readFileSync(new URL("../../nexusvpn/static/nexusvpn/css/tokens.css", import.meta.url), "utf8");

test("each colour of two schemes is there for older browsers too", () => {
  const older = olderSchemes(css);
  assert.equal([...older.matchAll(/var\(--if-light, /g)].length, [...css.matchAll(/light-dark\(#|light-dark\(rgb/g)].length);
  assert.match(older, /--paper: var\(--if-light, #f7f7f5\) var\(--if-dark, #111417\);/);
  assert.match(older, /--shadow: 0 4px 16px var\(--if-light, rgb\(16 19 24 \/ 14%\)\) var\(--if-dark, rgb\(0 0 0 \/ 50%\)\);/);
});

test("a newer browser reads nothing of it", () => {
  assert.equal(olderSchemes(css).trim().indexOf("@supports not (color: light-dark("), 0);
});
