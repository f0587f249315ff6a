// One image in full: what it is, where it came from, and its file.
import { at, badge, complain, make, number, place, reading, write } from "./dom.js";
import { nameOf, roleName } from "./gallery.js";
import { roundName } from "./search.js";

export class Detail {
  constructor(search, prefer) {
    this.search = search;
    at("detail-more").onsubmit = (event) => {
      event.preventDefault();
      prefer(this.id, Number(at("detail-rounds").value));
      at("detail").close();
    };
    at("detail-better").onclick = () => prefer(this.id, 0);
    this.id = null;
    at("detail-close").onclick = () => at("detail").close();
    at("detail-before").onclick = () => this.step(-1);
    at("detail-after").onclick = () => this.step(1);
    at("detail-parent").onclick = () => this.show(this.image.parent);
    // Beside the dialog's own content is beside the dialog.
    at("detail").addEventListener("click", (event) => {
      if (event.target === at("detail")) at("detail").close();
    });
    at("detail").onkeydown = (event) => {
      const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (way && event.target !== at("detail-rounds")) this.step(way);
    };
  }

  get image() {
    return this.search().images.get(this.id);
  }

  show(id) {
    this.id = id;
    this.update();
    if (!at("detail").open) at("detail").showModal();
    at("detail").scrollTop = 0;
  }

  step(way) {
    const order = [...this.search().rounds.values()].flat().map((each) => each.id);
    const next = order[order.indexOf(this.id) + way];
    if (next) this.show(next);
  }

  update() {
    const image = this.id && this.image;
    if (!image) return;
    const search = this.search();
    write(at("detail-title"), nameOf(image));
    place(at("detail-badges"), search.roles(image).map(([role, kind]) => badge(roleName(role), kind)));
    at("detail-more").hidden = !image.score || !search.refines;
    at("detail-better").hidden = !image.score || image.id === search.best?.id;
    complain(at("detail-reason"), image.reason);
    const picture = at("detail-image");
    picture.hidden = !image.url;
    if (image.url && picture.getAttribute("src") !== image.url) picture.src = image.url;
    picture.alt = `${search.recipe?.prompt ?? ""}; ${nameOf(image)}`;
    place(at("detail-facts"), facts(search, image).map(([name, value]) => fact(name, value)));
    at("detail-parent").hidden = !search.images.has(image.parent);
    const link = at("detail-download");
    link.hidden = !image.url;
    if (image.url) Object.assign(link, { href: image.url, download: fileName(search, image) });
  }
}

function fact(name, value) {
  const row = make("div", {}, make("dt"), make("dd"));
  write(row.firstChild, name);
  write(row.lastChild, String(value));
  return row;
}

function facts(search, image) {
  const children = [...search.images.values()].filter((each) => each.parent === image.id).length;
  const std = image.score?.std ?? null;
  const told = [
    ["Score", image.score ? number(image.score.mean) : "none"],
    ["Uncertainty", std === null ? "not known to the judge" : `± ${number(std)}`],
    ...Object.entries(image.members).map(([name, score]) => [`by ${name}`, reading(score)]),
    ["Referee", image.referee && reading(image.referee)],
    ["Seed", image.seed],
    ["Parent", image.parent ? nameOf(search.images.get(image.parent)) : "none: drawn from noise"],
    ["Strength", image.strength === null ? null : image.strength.toFixed(2)],
    ["Children", children],
    ["Model", image.model],
    ["Round", roundName(image.round)],
    ["Size", `${image.width} × ${image.height}`],
    ["Steps", image.steps],
    ["Guidance", image.guidance],
    ["Drawn in", `${image.seconds.toFixed(2)} s`],
    ["Id", image.id],
  ];
  return told.filter(([, value]) => value !== null && value !== undefined);
}

export function fileName(search, image) {
  const words = (search.recipe?.prompt ?? "").toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return `${words.join("-").slice(0, 40) || "cohp"}-${image.round}-${image.index}.png`;
}
