import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = fileURLToPath(new URL("../../nexusvpn/static/nexusvpn/css/", import.meta.url));

test("every style sheet is read to its end", async () => {
  const entryPoints = readdirSync(folder).map((name) => folder + name);
  assert.notEqual(entryPoints.length, 0);
  const { warnings } = await build({ entryPoints, outdir: "none", write: false, logLevel: "silent" });
  const told = warnings.map(({ text, location }) => `${location?.file}:${location?.line} ${text}`);
  assert.deepEqual(told, []);
});
