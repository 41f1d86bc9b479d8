import assert from "node:assert/strict";
import { test } from "node:test";

const SCRIPT = "../../nexusvpn/static/nexusvpn/js/staff-menu.js";
let opened = 0;

/** How far the menu is scrolled when a page opens whose entry is `top` pixels down: a menu from 50 to 850 in a window of 600. */
async function scrolled(top) {
  const entry = top === null ? null : { getBoundingClientRect: () => ({ top, bottom: top + 30 }) };
  const menu = { scrollTop: 0, querySelector: () => entry, getBoundingClientRect: () => ({ top: 50, bottom: 850 }) };
  Object.assign(globalThis, { document: { getElementById: () => menu }, window: { innerHeight: 600 } });
  await import(`${SCRIPT}?opened=${(opened += 1)}`);
  return menu.scrollTop;
}

test("an entry that is seen leaves the menu as it is", async () => assert.equal(await scrolled(300), 0));

test("an entry below the fold is brought to the middle of what is seen", async () => {
  assert.equal(await scrolled(1000), 1000 + 15 - (50 + 600) / 2);
  assert.equal(await scrolled(590), 590 + 15 - (50 + 600) / 2);
});

test("a page that has no entry leaves it too", async () => assert.equal(await scrolled(null), 0));
