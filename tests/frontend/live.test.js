import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mock, test } from "node:test";
import { bindLiveState, nextDelay } from "../../nexusvpn/static/nexusvpn/js/live-state.js";
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

test("a page that waits for nothing any more asks less often", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const page = { dataset: { liveSrc: "/devices", liveEvery: "1.5" }, toggleAttribute: () => {} };
  let asked = 0;
  Object.assign(globalThis, {
    location: { href: "http://localhost/devices", pathname: "/devices", search: "" },
    document: {
      hidden: false,
      addEventListener: () => {},
      querySelectorAll: (what) => (what === "[data-live-src]" ? [page] : []),
    },
    fetch: async () => {
      asked += 1;
      return { ok: true, text: async () => "" };
    },
    DOMParser: class {
      parseFromString() {
        return { querySelector: (what) => (what === "[data-live-every]" ? { dataset: { liveEvery: "15" } } : null) };
      }
    },
  });
  const after = async (ms) => {
    mock.timers.tick(ms);
    await new Promise((resolve) => setImmediate(resolve));
    return asked;
  };
  bindLiveState();
  assert.equal(await after(1500), 1);
  assert.equal(await after(14_000), 1);
  assert.equal(await after(1000), 2);
  mock.timers.reset();
});
