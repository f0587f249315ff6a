// The runs that were: their thumbnails, and a look now and then at what became of them.
import { at, badge, make, place, write } from "./dom.js";
import { ask } from "./net.js";

const PAGE = 24;
const PAUSE = 5000;

export class History {
  constructor(heard) {
    this.heard = heard;
    this.runs = new Map();
    this.items = new Map();
    at("older").onclick = () => this.older();
    document.addEventListener("visibilitychange", () => document.hidden || this.look());
    setInterval(() => document.hidden || this.look(), PAUSE);
  }

  async look() {
    const found = await ask(`/api/runs?limit=${PAGE}`).catch(() => null);
    if (!found) return;
    if (!this.runs.size) at("older").hidden = found.length < PAGE;
    this.take(found);
    this.heard(this.runs);
  }

  async older() {
    const last = [...this.runs.keys()].sort().at(0);
    const found = await ask(`/api/runs?limit=${PAGE}&before=${encodeURIComponent(last)}`).catch(() => []);
    at("older").hidden = found.length < PAGE;
    this.take(found);
  }

  take(found) {
    for (const run of found) this.runs.set(run.id, run);
    this.update();
  }

  update() {
    const newest = [...this.runs.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
    at("nothing").hidden = newest.length > 0;
    place(at("past"), newest.map((run) => this.item(run)));
  }

  item(run) {
    const born = () => make("li", {}, make("a", { href: `#${run.id}` },
      make("span", { class: "thumb" }), make("span", { class: "past-prompt" }), make("span", { class: "past-state" })));
    if (!this.items.has(run.id)) this.items.set(run.id, born());
    const item = this.items.get(run.id);
    const link = item.firstChild;
    const [thumb, prompt, state] = link.children;
    const url = run.best?.url ?? "";
    if (thumb.dataset.url !== url) {
      thumb.dataset.url = url;
      thumb.replaceChildren(...(url ? [make("img", { src: url, alt: "", loading: "lazy" })] : []));
    }
    write(prompt, run.prompt);
    if (state.dataset.state !== run.state) {
      state.dataset.state = run.state;
      state.replaceChildren(badge(run.state, run.state));
    }
    if (location.hash === `#${run.id}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    return item;
  }
}
