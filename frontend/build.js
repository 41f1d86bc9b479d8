// Bundles the style sheet and the page scripts, and draws the world, into the ignored folder that Django serves as `dist/`.
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { schemes } from "./schemes.js";
import { writeWorld } from "./world.js";

const root = fileURLToPath(new URL("../nexusvpn/static/", import.meta.url));
const sources = `${root}nexusvpn/`;
const dist = `${root}dist/`;

rmSync(dist, { recursive: true, force: true });

const { warnings } = await build({
  entryPoints: [`${sources}js/app.js`, `${sources}js/device-keys.js`, `${sources}js/lists.js`, `${sources}js/passkeys.js`, `${sources}js/qr-code.js`, `${sources}js/sign-up-challenge.js`, `${sources}css/app.css`],
  outdir: dist,
  entryNames: "[name]",
  bundle: true,
  format: "esm",
  target: "es2020",
  minify: true,
  // The manifest storage refuses a file that names a source map which is not there.
  sourcemap: false,
  legalComments: "eof",
  plugins: [schemes],
  logLevel: "info",
});
// Such as a brace that nobody closed: everything behind it would mean something else.
if (warnings.length) process.exit(1);

writeWorld(`${dist}world.svg`);
