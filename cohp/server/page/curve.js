// The reward curve: a dot for each image above its round, the best so far as a line.
import { draw, make, number, write } from "./dom.js";
import { roundName } from "./search.js";

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [460, 240, 46, 452, 12, 206];
const SPREAD = 0.6;
const MOST_LABELS = 12;
// Rounds beyond which the dots are smaller.
const CROWD = 12;

export function drawCurve(figure, search, show) {
  const scored = [...search.images.values()].filter((each) => each.score);
  if (!scored.length) return figure.replaceChildren();
  const rounds = [...search.rounds.keys()];
  const planned = search.working ? (search.recipe?.rounds ?? 0) : 0;
  for (let next = rounds.at(-1) + 1; next <= planned; next += 1) rounds.push(next);
  const scale = scaleOf(scored);
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": summary(search, scored) });
  svg.append(...grid(scale), ...names(rounds));
  const dots = [];
  let lead = "";
  let high = -Infinity;
  const spots = new Map();
  for (const [round, row] of search.rounds) {
    const column = rounds.indexOf(round);
    row.forEach((image, place) => {
      if (!image.score) return;
      spots.set(image.id, { x: across(column, rounds.length, row.length, place), y: scale.y(image.score.mean) });
      dots.push(dot(search, image, spots.get(image.id), scale, rounds.length > CROWD ? 0.6 : 1, show));
    });
    // A person's choice leaves behind what led before it.
    if (round === search.choice?.round) high = search.images.get(search.choice.shot).score.mean;
    high = Math.max(high, ...row.filter((each) => each.score).map((each) => each.score.mean));
    if (Number.isFinite(high)) lead += `${lead ? "L" : "M"}${middle(column, rounds.length)} ${scale.y(high)}`;
  }
  const turn = rounds.indexOf(search.choice?.round);
  if (turn > 0) svg.append(...turned(LEFT + ((RIGHT - LEFT) / rounds.length) * turn));
  const line = search.lineage.map((id) => spots.get(id)).filter(Boolean);
  const descent = line.map(({ x, y }, place) => `${place ? "L" : "M"}${x} ${y}`).join("");
  svg.append(draw("path", { d: lead, class: "lead" }), draw("path", { d: descent, class: "descent" }), ...dots);
  const caption = make("figcaption", { class: "soft" });
  write(caption, "Gold: the best so far. Dashed: the lineage. A bar: the judge's uncertainty.");
  figure.replaceChildren(svg, caption);
}

function turned(x) {
  const label = draw("text", { x: x + 5, y: TOP + 8, class: "tick turned" });
  label.textContent = "a person's choice";
  return [draw("line", { x1: x, x2: x, y1: TOP, y2: BOTTOM, class: "turning" }), label];
}

function summary(search, scored) {
  const best = search.best?.score;
  return `Scores of ${scored.length} images by round` + (best ? `; the best is ${number(best.mean)}.` : ".");
}

function scaleOf(scored) {
  const ends = scored.flatMap(({ score }) => [score.mean - (score.std ?? 0), score.mean + (score.std ?? 0)]);
  const [low, high] = [ends.reduce((a, b) => Math.min(a, b)), ends.reduce((a, b) => Math.max(a, b))];
  const room = (high - low) * 0.07 || 0.5;
  const [from, to] = [low - room, high + room];
  return { from, to, y: (value) => BOTTOM - ((value - from) / (to - from)) * (BOTTOM - TOP) };
}

function middle(column, columns) {
  return LEFT + ((RIGHT - LEFT) / columns) * (column + 0.5);
}

function across(column, columns, count, place) {
  const width = ((RIGHT - LEFT) / columns) * SPREAD;
  return middle(column, columns) + (count > 1 ? width * (place / (count - 1) - 0.5) : 0);
}

function grid({ from, to, y }) {
  const rough = (to - from) / 4;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * unit).find((each) => each >= rough);
  const digits = Math.max(0, Math.ceil(-Math.log10(step)) + (step / unit === 2.5 ? 1 : 0));
  const lines = [];
  for (let place = Math.ceil(from / step); place * step <= to; place += 1) {
    const label = draw("text", { x: LEFT - 8, y: y(place * step) + 4, "text-anchor": "end", class: "tick" });
    label.textContent = (place * step).toFixed(digits);
    lines.push(draw("line", { x1: LEFT, x2: RIGHT, y1: y(place * step), y2: y(place * step), class: "grid" }), label);
  }
  return lines;
}

function names(rounds) {
  const every = Math.ceil(rounds.length / MOST_LABELS);
  return rounds.map((round, column) => {
    if (column % every) return null;
    const label = draw("text", { x: middle(column, rounds.length), y: HEIGHT - 12, "text-anchor": "middle", class: "tick" });
    label.textContent = rounds.length > 4 ? String(round) : roundName(round);
    return label;
  }).filter(Boolean);
}

function dot(search, image, { x, y }, scale, size, show) {
  const roles = search.roles(image).map(([name]) => name);
  const title = draw("title");
  title.textContent = `${image.model}, ${roundName(image.round)}: ${number(image.score.mean)}`;
  const group = draw("g", { class: `dot ${roles.join(" ")}` }, title);
  if (image.score.std) {
    const [high, low] = [scale.y(image.score.mean + image.score.std), scale.y(image.score.mean - image.score.std)];
    group.append(draw("line", { x1: x, x2: x, y1: high, y2: low, class: "whisker" }));
  }
  group.append(draw("circle", { cx: x, cy: y, r: (roles.length ? 6 : 4) * size }), draw("circle", { cx: x, cy: y, r: 11 * size, class: "touch" }));
  group.addEventListener("click", () => show(image.id));
  return group;
}
