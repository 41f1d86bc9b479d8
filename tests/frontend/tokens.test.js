import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { contrast } from "./contrast.js";

const css = readFileSync(new URL("../../nexusvpn/static/nexusvpn/css/tokens.css", import.meta.url), "utf8");
const pairs = [...css.matchAll(/--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g)];
const [light, dark] = [2, 3].map((at) => Object.fromEntries(pairs.map((pair) => [pair[1], pair[at]])));

const GROUNDS = ["paper", "raised", "sunken"];
const TEXT = [
  ...["ink", "muted", "accent", "accent-strong", "good", "warn", "bad"].flatMap((text) =>
    GROUNDS.map((ground) => [text, ground]),
  ),
  ["on-accent", "accent"],
  ["on-accent", "accent-strong"],
  ["on-bad", "bad"],
  ["on-bad", "bad-strong"],
  ["ink", "good-soft"],
  ["ink", "warn-soft"],
  ["ink", "bad-soft"],
  ["accent", "warn-soft"],
];
const SHAPES = [
  ...["line-strong", "accent"].flatMap((line) => ["paper", "raised"].map((ground) => [line, ground])),
  ["chart-down", "raised"],
  ["chart-up", "raised"],
];

for (const [scheme, tokens] of Object.entries({ light, dark })) {
  for (const [pairs, least] of [
    [TEXT, 4.5],
    [SHAPES, 3],
  ]) {
    for (const [front, ground] of pairs) {
      test(`${scheme}: ${front} on ${ground} has a contrast of at least ${least}`, () => {
        assert.ok(contrast(tokens[front], tokens[ground]) >= least, contrast(tokens[front], tokens[ground]).toFixed(2));
      });
    }
  }
}

test("every colour has a value for both schemes", () => assert.deepEqual(css.match(/: #[0-9a-f]{3,8};/g), null));
