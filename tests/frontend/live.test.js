import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { nextDelay } from "../../nexusvpn/static/nexusvpn/js/live-state.js";
import { agoText } from "../../nexusvpn/static/nexusvpn/js/relative-time.js";

const TEXTS = { justNow: "just now", secondsAgo: "{n} s ago", minutesAgo: "{n} min ago", hoursAgo: "{n} h ago" };
// The same cases hold the template filter to the same words.
const cases = JSON.parse(readFileSync(new URL("ago-cases.json", import.meta.url)));

for (const [seconds, text] of cases) {
  test(`${seconds} seconds read as ${text}`, () => assert.equal(agoText(seconds, TEXTS), text));
}

test("a healthy page asks at its own pace", () => assert.equal(nextDelay(5000, 0), 5000));

test("each failure doubles the wait, up to a minute", () => {
  assert.equal(nextDelay(5000, 1), 10_000);
  assert.equal(nextDelay(5000, 2), 20_000);
  assert.equal(nextDelay(5000, 30), 60_000);
});

test("the server's own wait is kept", () => assert.equal(nextDelay(5000, 1, 90), 90_000));
