import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { contrast } from "./contrast.js";

const folder = new URL("../../nexusvpn/static/nexusvpn/css/", import.meta.url);
const read = (name) => readFileSync(new URL(name, folder), "utf8");
const [, light, dark] = read("tokens.css").match(/--paper: light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/);
// Of `admin/img/search.svg`, `selector-icons.svg` and `icon-unknown.svg` in Django.
const GREY = { ".search-label-icon": 0x55, ".selector-add": 0x66, "icon-unknown": 0x66 };

for (const [icon, grey] of Object.entries(GREY)) {
  const [, brighter] = read("admin-widgets.css").match(
    new RegExp(`\\${icon}[^{}]*\\{\\s*filter: brightness\\(([\\d.]+)\\)`),
  );
  const shown = `#${Math.round(grey * brighter).toString(16).padStart(2, "0").repeat(3)}`;
  for (const ground of [light, dark]) {
    test(`${icon} is seen on ${ground}`, () => assert.ok(contrast(shown, ground) >= 3, shown));
  }
}
