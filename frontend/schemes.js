// Colours for browsers from before 2024, which know no light-dark(): the same pairs, chosen by custom properties of which one is empty.
import { readFile } from "node:fs/promises";

const PAIR = /--([a-z-]+):([^;]*?)light-dark\(((?:[^(),]|\([^)]*\))+),\s*((?:[^(),]|\([^)]*\))+)\)\s*;/g;
const LIGHT = "--if-light: initial; --if-dark: ;";
const DARK = "--if-light: ; --if-dark: initial;";

/** What to put behind a style sheet of tokens. The page's `<meta name="color-scheme">` decides here too, where `:has()` is known. */
export function olderSchemes(css) {
  const lines = [...css.matchAll(PAIR)].map(
    ([, name, before, light, dark]) => `--${name}:${before}var(--if-light, ${light}) var(--if-dark, ${dark});`,
  );
  const chosen = (scheme) => `:root:has(meta[name="color-scheme"][content="${scheme}"])`;
  return `
@supports not (color: light-dark(#000, #fff)) {
  :root { ${LIGHT} ${lines.join(" ")} }
  @media (prefers-color-scheme: dark) { :root { ${DARK} } }
  ${chosen("light")} { ${LIGHT} }
  ${chosen("dark")} { ${DARK} }
}
`;
}

/** For esbuild. */
export const schemes = {
  name: "schemes",
  setup(build) {
    build.onLoad({ filter: /\/tokens\.css$/ }, async ({ path }) => {
      const css = await readFile(path, "utf8");
      return { contents: css + olderSchemes(css), loader: "css" };
    });
  },
};
