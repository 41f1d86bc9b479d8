// A QR code as an SVG element. Built node by node, because the content security policy allows no inline style.
import encodeQR from "qr";

const SVG = "http://www.w3.org/2000/svg";
const QUIET_ZONE = 4;

/** The dark modules as one path: a run of modules in a row is one rectangle. */
export function modulesPath(rows) {
  const parts = [];
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x += 1) {
      if (!row[x]) continue;
      const start = x;
      while (row[x + 1]) x += 1;
      const width = x - start + 1;
      parts.push(`M${start} ${y}h${width}v1h-${width}z`);
    }
  });
  return parts.join("");
}

export function qrSvg(text, label) {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: QUIET_ZONE });
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${rows.length} ${rows.length}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.setAttribute("shape-rendering", "crispEdges");
  const ground = document.createElementNS(SVG, "rect");
  ground.setAttribute("width", rows.length);
  ground.setAttribute("height", rows.length);
  ground.setAttribute("fill", "#fff");
  const modules = document.createElementNS(SVG, "path");
  modules.setAttribute("d", modulesPath(rows));
  modules.setAttribute("fill", "#000");
  svg.append(ground, modules);
  return svg;
}
