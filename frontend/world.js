// The outline of the world's land as one small drawing, in the projection in which `{% locations_map %}` sets its dots.
//
// The shapes are Natural Earth's (public domain), as the package world-atlas has them. The projection is Natural Earth's own
// (B. Šavrič and others, 2011): a polynomial in the latitude. `tests/frontend/projection-cases.json` holds it to the one in Python.
import { readFileSync, writeFileSync } from "node:fs";

export const WIDTH = 1000;
// Above and below there is ice and nobody to connect to.
const NORTH = 84;
const SOUTH = -58;
const HALF_TURN = Math.PI / 180;
// Of the widest parallel, half.
const REACH = 0.8707 * Math.PI;

function raw(longitude, latitude) {
  const phi = latitude * HALF_TURN;
  const phi2 = phi * phi;
  const phi4 = phi2 * phi2;
  const x = longitude * HALF_TURN * (0.8707 - 0.131979 * phi2 + phi4 * (-0.013791 + phi4 * (0.003971 * phi2 - 0.001529 * phi4)));
  const y = phi * (1.007226 + phi2 * (0.015085 + phi4 * (-0.044475 + 0.028874 * phi2 - 0.005916 * phi4)));
  return [x, y];
}

const SCALE = WIDTH / (2 * REACH);
const TOP = raw(0, NORTH)[1];
export const HEIGHT = Math.ceil((TOP - raw(0, SOUTH)[1]) * SCALE);

/** Where a place is on the drawing. */
export function project(longitude, latitude) {
  const [x, y] = raw(longitude, latitude);
  return [(x + REACH) * SCALE, (TOP - y) * SCALE];
}

/** The rings of a topology's land, as lists of [longitude, latitude]. */
function ringsOf(topology) {
  const { scale, translate } = topology.transform;
  const arcs = topology.arcs.map((arc) => {
    let [x, y] = [0, 0];
    return arc.map(([dx, dy]) => {
      x += dx;
      y += dy;
      return [x * scale[0] + translate[0], y * scale[1] + translate[1]];
    });
  });
  const points = (index) => (index < 0 ? arcs[~index].toReversed() : arcs[index]);
  const polygons = topology.objects.land.geometries.flatMap((shape) => (shape.type === "Polygon" ? [shape.arcs] : shape.arcs));
  return polygons.flat().map((ring) => ring.flatMap((index, place) => points(index).slice(place ? 1 : 0)));
}

/** The ring with every longitude next to the one before it, also beyond the date line. */
function unwrapped(ring) {
  let turns = 0;
  return ring.map(([longitude, latitude], index) => {
    const step = index ? longitude - ring[index - 1][0] : 0;
    if (Math.abs(step) > 180) turns -= Math.sign(step);
    return [longitude + 360 * turns, latitude];
  });
}

/** What of a ring lies on one side of a meridian; `side` is 1 for the east of it and -1 for the west. */
function cut(ring, meridian, side) {
  const inside = ([longitude]) => (longitude - meridian) * side >= 0;
  return ring.flatMap((point, index) => {
    const before = ring.at(index - 1);
    const share = (meridian - before[0]) / (point[0] - before[0]);
    const edge = [meridian, before[1] + share * (point[1] - before[1])];
    const crossed = inside(point) !== inside(before) ? [edge] : [];
    return inside(point) ? [...crossed, point] : crossed;
  });
}

/** The parts of a ring on both sides of the date line. */
function partsOf(ring) {
  const whole = unwrapped(ring);
  return [-360, 0, 360]
    .map((turn) => cut(cut(whole.map(([longitude, latitude]) => [longitude + turn, latitude]), -180, 1), 180, -1))
    .filter((part) => part.length > 3);
}

/** One ring in whole units, each point as far from the one before as it is; nothing of what is too small to be seen. */
function pathOf(ring) {
  const kept = [];
  for (const [longitude, latitude] of ring) {
    const point = project(longitude, Math.max(latitude, SOUTH)).map(Math.round);
    const before = kept.at(-1);
    if (!before || before[0] !== point[0] || before[1] !== point[1]) kept.push(point);
  }
  if (kept.length < 4) return "";
  const steps = kept.slice(1).map(([x, y], index) => `${x - kept[index][0]} ${y - kept[index][1]}`);
  return `M${kept[0].join(" ")}l${steps.join(" ").replaceAll(" -", "-")}z`;
}

export function worldPath(topology) {
  const seen = ringsOf(topology).filter((ring) => ring.some(([, latitude]) => latitude > SOUTH));
  return seen.flatMap(partsOf).map(pathOf).join("");
}

/** Writes the drawing, whose one symbol is used with the colour of the page. */
export function writeWorld(file) {
  const source = new URL("../node_modules/world-atlas/land-110m.json", import.meta.url);
  const path = worldPath(JSON.parse(readFileSync(source, "utf8")));
  writeFileSync(
    file,
    `<svg xmlns="http://www.w3.org/2000/svg"><symbol id="land" viewBox="0 0 ${WIDTH} ${HEIGHT}"><path d="${path}"/></symbol></svg>\n`,
  );
}
