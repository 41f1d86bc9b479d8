import assert from "node:assert/strict";
import { test } from "node:test";
import { modulesPath } from "../../nexusvpn/static/nexusvpn/js/qr-svg.js";

test("neighbouring dark modules of a row are drawn as one rectangle", () => {
  assert.equal(
    modulesPath([
      [true, true, false, true],
      [false, false, false, false],
    ]),
    "M0 0h2v1h-2zM3 0h1v1h-1z",
  );
});
