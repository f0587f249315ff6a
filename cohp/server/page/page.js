// The page: one run at a time, named in the address, drawn as its events arrive.
import { at, complain, counted, write } from "./dom.js";
import { drawCurve } from "./curve.js";
import { Detail, fileName } from "./detail.js";
import { prepare } from "./form.js";
import { Gallery } from "./gallery.js";
import { History } from "./history.js";
import { ask, Follower } from "./net.js";
import { Search } from "./search.js";

// Events after which the history has something new to show.
const ENDS = new Set(["finished", "preferred", "state"]);

let search = null;
let follower = null;
let drawing = false;
// Whether the run was begun here, so that the reader is led to it.
let lead = false;

// Overrules the reward: the search goes on from that image, for so many rounds at least.
const prefer = (image, rounds) => act("prefer", { image, rounds });
const detail = new Detail(() => search, prefer);
const gallery = new Gallery((id) => detail.show(id), prefer);
const history = new History((runs) => {
  const seen = search && runs.get(search.run);
  // Another page, or another device, had it go on, or chose another image.
  if (!seen || !follower?.idle) return;
  if (["queued", "running"].includes(seen.state) || seen.best?.id !== search.best?.id) follower.open();
});

async function open(run) {
  follower?.close();
  follower = search = null;
  at("detail").close();
  gallery.clear();
  history.update();
  at("run").hidden = true;
  document.title = "CoHP";
  if (!run) return;
  const asked = search = new Search(run);
  try {
    const known = await ask(`/api/runs/${encodeURIComponent(run)}`);
    if (search !== asked) return;
    Object.assign(search, { recipe: known.recipe, state: known.state, planned: known.planned });
  } catch (error) {
    if (search === asked) complain(at("trouble"), error.message);
    return;
  }
  complain(at("trouble"), "");
  follow(asked);
  update();
}

function follow(asked) {
  follower = new Follower(asked.run, (name, data) => {
    asked.tell(name, data);
    update();
    if (ENDS.has(name)) history.look();
  }, async () => {
    const known = await ask(`/api/runs/${asked.run}`);
    const working = ["queued", "running"].includes(known.state);
    if (!working) Object.assign(asked, { state: known.state, reason: known.reason });
    update();
    history.look();
    return working;
  });
}

// However many events arrive, the page is drawn once a frame.
function update() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    if (search) show();
  });
}

function show() {
  at("run").hidden = false;
  document.title = `${search.recipe?.prompt ?? search.run} – CoHP`;
  write(at("run-prompt"), search.recipe?.prompt ?? "");
  write(at("state"), search.state);
  at("state").className = `badge ${search.state}`;
  write(at("facts"), facts());
  write(at("said"), search.reason ?? search.said);
  Object.assign(at("progress"), { max: Math.max(1, search.planned), value: search.done, hidden: !search.working });
  at("cancel").hidden = !search.working;
  at("resume").hidden = !["interrupted", "cancelled", "failed"].includes(search.state);
  at("extend").hidden = search.state !== "finished";
  at("pairs").hidden = !search.choice;
  at("pairs").href = `/api/pairs?people=true&run=${search.run}`;
  at("report").href = `/api/runs/${search.run}/report`;
  const best = search.best;
  at("download").hidden = !best?.url;
  if (best?.url) Object.assign(at("download"), { href: best.url, download: fileName(search, best) });
  gallery.update(search);
  drawCurve(at("curve"), search, (id) => detail.show(id));
  detail.update();
  if (lead) at("run-prompt").focus();
  lead = false;
}

function facts() {
  const { recipe } = search;
  return [
    `${search.done} of ${counted(search.planned, "image")}`,
    search.model && `by ${search.model}`,
    recipe && `judged by ${recipe.reward}`,
    recipe && `seed ${recipe.seed}`,
  ].filter(Boolean).join(" · ");
}

// Asks for something to be done with the run that is shown.
async function act(name, body) {
  complain(at("trouble"), "");
  try {
    await ask(`/api/runs/${search.run}/${name}`, body);
    if (follower.idle) follower.open();
  } catch (error) {
    complain(at("trouble"), error.message);
  }
  history.look();
}

const named = () => decodeURIComponent(location.hash.slice(1));

at("cancel").onclick = () => act("cancel", {});
at("resume").onclick = () => act("resume", {});
at("extend").onsubmit = (event) => {
  event.preventDefault();
  act("extend", { rounds: Number(at("more").value) });
};
// The skip link is an address of the page's own, not a run's.
addEventListener("hashchange", () => named() === "main" || open(named()));
prepare((run) => {
  location.hash = run.id;
  lead = true;
  at("options").open = false;
  history.look();
}).catch((error) => complain(at("trouble"), error.message));
history.look();
if (named() && named() !== "main") open(named());
