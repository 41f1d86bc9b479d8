import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { bindCopyButtons } from "../../nexusvpn/static/nexusvpn/js/copy.js";

/** A button of a page with the one text that it copies. */
function button() {
  const listeners = [];
  const made = {
    hidden: true,
    textContent: "Copy codes",
    dataset: { copy: "codes" },
    addEventListener: (_, listener) => listeners.push(listener),
    click: () => Promise.all(listeners.map((listener) => listener())),
  };
  globalThis.document = { getElementById: () => ({ textContent: "abcd" }), querySelector: () => null };
  Object.defineProperty(globalThis, "navigator", {
    configurable: true,
    value: { clipboard: { writeText: async () => {} } },
  });
  bindCopyButtons({ querySelectorAll: () => [made] });
  return made;
}

test("whoever clicks twice reads the button's own label again", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const copies = button();
  await copies.click();
  assert.equal(copies.textContent, "copied");
  mock.timers.tick(1000);
  await copies.click();
  mock.timers.tick(1500);
  assert.equal(copies.textContent, "copied");
  mock.timers.tick(10_000);
  assert.equal(copies.textContent, "Copy codes");
  mock.timers.reset();
});
