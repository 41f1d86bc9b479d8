import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { PATIENCE_MS, bindSubmitOnce } from "../../nexusvpn/static/nexusvpn/js/submit-once.js";

/** A form as far as it is asked here; `notes` is what it says. */
function aForm() {
  const attributes = new Set();
  const notes = [];
  return {
    notes,
    matches: (selector) => selector === "form[data-once]",
    hasAttribute: (name) => attributes.has(name),
    setAttribute: (name) => attributes.add(name),
    removeAttribute: (name) => attributes.delete(name),
    querySelector: () => notes[0] ?? null,
    append: (note) => notes.push(note),
  };
}

test("a second click says that it is being sent, and after a while the form can be sent again", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const listeners = {};
  const texts = { textContent: JSON.stringify({ beingSent: "This is being sent." }) };
  const form = aForm();
  Object.assign(globalThis, {
    addEventListener: (name, take) => (listeners[name] = take),
    document: {
      createElement: () => ({ dataset: {}, setAttribute: () => {}, remove: () => form.notes.pop() }),
      querySelector: () => texts,
      querySelectorAll: () => [form],
    },
  });
  bindSubmitOnce();
  /** Whether the browser sends the form. */
  const submit = () => {
    let isSent = true;
    listeners.submit({ target: form, defaultPrevented: false, preventDefault: () => (isSent = false) });
    return isSent;
  };

  assert.equal(submit(), true);
  assert.deepEqual(form.notes, []);
  assert.equal(submit(), false);
  assert.equal(submit(), false);
  mock.timers.tick(1);
  assert.deepEqual(form.notes.map((note) => note.textContent), ["This is being sent."]);
  mock.timers.tick(PATIENCE_MS);
  assert.deepEqual(form.notes, []);
  assert.equal(submit(), true);
  // Back by the browser's button.
  assert.equal(submit(), false);
  listeners.pageshow();
  assert.equal(submit(), true);
  mock.timers.reset();
});
