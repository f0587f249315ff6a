// The images of a run: stage one side by side, each round, and the line that led to the best.
import { at, badge, counted, make, number, place, reading, write } from "./dom.js";
import { roundName, top } from "./search.js";

// Rounds from an image that a person has the search go on from.
export const ROUNDS = 2;

export class Gallery {
  // `show` opens an image, `prefer` has the search go on from it for so many rounds.
  constructor(show, prefer) {
    Object.assign(this, { show, prefer });
    this.clear();
  }

  clear() {
    this.kept = new Map();
  }

  // Returns the element of that key, made once and kept, so that focus and pictures stay.
  keep(key, born) {
    if (!this.kept.has(key)) this.kept.set(key, born());
    return this.kept.get(key);
  }

  update(search) {
    const rounds = search.rounds;
    place(at("opening"), this.cards(search, rounds.get(0) ?? []));
    const later = this.later(search, rounds);
    place(at("rounds"), later);
    at("refining").hidden = later.length === 0;
    const line = search.lineage.map((id) => search.images.get(id)).filter(Boolean);
    place(at("line"), line.map((image, index) => this.ancestor(search, image, line[index - 1])));
    at("ascent").hidden = line.length === 0;
    if (line.length) place(at("best"), [this.hero(search, line.at(-1))]);
  }

  cards(search, images) {
    const named = (search.recipe?.models ?? []).map((each) => each.name);
    const models = [...new Set([...named, ...images.map((each) => each.model)])];
    const leads = models.toSorted((a, b) => (search.standings[b] ?? 0) - (search.standings[a] ?? 0));
    return (search.model ? leads : models).map((model) => {
      const own = images.filter((each) => each.model === model);
      const card = this.keep(`model ${model}`, () => this.group("h3"));
      const [heading, told, shots] = card.children;
      const marks = [document.createTextNode(model)];
      if (model === search.model) marks.push(badge("chosen", "gold"));
      card.className = model === search.model ? "card chosen" : "card";
      heading.replaceChildren(...marks);
      const lead = top(own);
      const standing = search.standings[model];
      write(told, [
        standing === undefined ? null : `standing ${number(standing)}`,
        lead ? `best ${number(lead.score.mean)}` : null,
      ].filter(Boolean).join(" · ") || "no image yet");
      place(shots, this.tiles(search, own, search.recipe?.per_model, 0, model));
      return card;
    });
  }

  later(search, rounds) {
    const numbers = [...rounds.keys()].filter((each) => each > 0);
    const next = (numbers.at(-1) ?? 0) + 1;
    const full = numbers.length === 0 || rounds.get(next - 1).length >= (search.recipe?.batch ?? 0);
    if (search.state === "running" && search.model && full && next <= search.recipe.rounds) numbers.push(next);
    return numbers.map((round) => {
      const row = rounds.get(round) ?? [];
      const section = this.keep(`round ${round}`, () => this.group("h3"));
      section.className = "round";
      const [heading, told, shots] = section.children;
      write(heading, roundName(round));
      const parents = [...new Set(row.map((each) => each.parent).filter(Boolean))];
      const strengths = [...new Set(row.map((each) => each.strength).filter((each) => each !== null))];
      write(told, [
        row.length ? counted(row.length, "image") : "being drawn",
        strengths.length ? `strength ${strengths.map((each) => each.toFixed(2)).join(", ")}` : null,
        parents.length ? `from ${parents.map((id) => nameOf(search.images.get(id))).join(", ")}` : null,
      ].filter(Boolean).join(" · "));
      place(shots, this.tiles(search, row, search.recipe?.batch, round));
      return section;
    });
  }

  group(level) {
    return make("section", {}, make(level), make("p", { class: "soft" }), make("div", { class: "shots" }));
  }

  tiles(search, images, planned, round, model = "") {
    const tiles = images.map((image) => this.tile(search, image));
    const open = search.state === "running" ? Math.max(0, (planned ?? 0) - tiles.length) : 0;
    for (let place = 0; place < open; place += 1) {
      tiles.push(this.keep(`blank ${round} ${model} ${place}`, () => make("div", { class: "blank", "aria-hidden": true })));
    }
    return tiles;
  }

  tile(search, image) {
    const tile = this.keep(image.id, () => make("div", { class: "tile" }, this.button(image), this.acts(image)));
    const [button, acts] = tile.children;
    const roles = search.roles(image);
    button.className = `shot ${roles.map(([role]) => role).join(" ")}${image.score ? "" : " unscored"}`;
    acts.hidden = !image.score;
    acts.lastElementChild.disabled = image.id === search.best?.id;
    acts.firstElementChild.hidden = !search.refines;
    const [, badges, score] = button.children;
    const key = roles.join();
    if (badges.dataset.key !== key) {
      badges.dataset.key = key;
      badges.replaceChildren(...roles.map(([role, kind]) => badge(roleName(role), kind)));
    }
    write(score, reading(image.score));
    button.setAttribute("aria-label", `${nameOf(image)}, ${reading(image.score)}${roles.map(([role]) => `, ${roleName(role)}`).join("")}`);
    return tile;
  }

  button(image) {
    const picture = image.url
      ? make("img", { src: image.url, alt: "", width: image.width, height: image.height, decoding: "async" })
      : make("span", { class: "blank" });
    const button = make("button", { type: "button", "data-id": image.id }, picture,
      make("span", { class: "badges" }), make("span", { class: "score" }));
    button.addEventListener("click", () => this.show(image.id));
    return button;
  }

  // The best image so far, large.
  hero(search, image) {
    const button = this.keep(`best ${image.id}`, () => this.button(image));
    button.className = "shot best";
    const told = `The best${search.working ? " so far" : ""}: ${nameOf(image)}`;
    write(button.lastElementChild, `${told} · ${number(image.score.mean)}`);
    button.setAttribute("aria-label", `${told}, ${reading(image.score)}`);
    return button;
  }

  // What a person can do with any image, against the reward.
  acts(image) {
    const offer = (text, told, rounds) => {
      const button = make("button", { type: "button", class: "act", "aria-label": `${told}: ${nameOf(image)}`, title: told });
      write(button, text);
      button.addEventListener("click", () => this.prefer(image.id, rounds));
      return button;
    };
    return make("div", { class: "acts" },
      offer("More from here", "More rounds from here", ROUNDS), offer("Better", "This one is better", 0));
  }

  ancestor(search, image, before) {
    const item = this.keep(`line ${image.id}`, () => {
      const button = this.button(image);
      button.className = "shot";
      return make("li", {}, button, make("p", { class: "soft" }));
    });
    const [button, told] = item.children;
    const gain = before?.score && image.score ? image.score.mean - before.score.mean : null;
    write(button.lastElementChild, image.score ? number(image.score.mean) : "no score");
    button.setAttribute("aria-label", `${nameOf(image)}, ${reading(image.score)}`);
    const chosen = image.id === search.choice?.shot ? " · a person's choice" : "";
    item.className = chosen && "turn";
    write(told, roundName(image.round) + chosen + (gain === null ? "" : ` · ${gain < 0 ? "−" : "+"}${number(Math.abs(gain))}`));
    return item;
  }
}

export function roleName(role) {
  return role === "preferred" ? "a person's choice" : role;
}

export function nameOf(image) {
  if (!image) return "an image that is not shown";
  return `${image.round === 0 ? image.model : roundName(image.round)}, image ${image.index + 1}`;
}
