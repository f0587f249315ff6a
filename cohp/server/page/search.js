// What a run's events amount to so far; nothing here draws or asks.

export class Search {
  constructor(run) {
    this.run = run;
    this.recipe = null;
    this.state = "queued";
    this.reason = null;
    this.done = 0;
    this.planned = 0;
    this.images = new Map();
    this.model = null;
    this.standings = {};
    this.verdict = null;
    // What a person chose last, against the reward.
    this.choice = null;
    this.said = "";
    this.kept = {};
  }

  get working() {
    return this.state === "queued" || this.state === "running";
  }

  tell(name, data) {
    this.kept = {};
    this[`on_${name}`]?.(data);
  }

  on_queued() {
    Object.assign(this, { state: "queued", reason: null, said: "It waits for its turn." });
  }

  on_started(data) {
    Object.assign(this, { state: "running", reason: null, verdict: null, recipe: data.recipe });
    this.progress(data);
    this.said = "It is at work.";
  }

  on_loaded(data) {
    this.said = `${data.name} is loaded.`;
  }

  on_image(data) {
    this.images.set(data.image.id, data.image);
    this.progress(data);
  }

  on_chosen(data) {
    this.model = data.model;
    this.standings = data.standings;
    this.said = `${data.model} is chosen.`;
  }

  on_round(data) {
    for (const image of data.images) this.images.set(image.id, image);
    const best = data.best?.score ? `: the best so far scores ${data.best.score.mean.toFixed(3)}` : "";
    this.said = `${roundName(data.round)} is done${best}.`;
  }

  on_preferred(data) {
    this.images.set(data.shot, data.image);
    Object.assign(this, { choice: data, verdict: null });
    this.said = "A person chose another image; the search goes on from it.";
  }

  on_state(data) {
    Object.assign(this, { state: data.state, reason: data.reason });
  }

  on_note(data) {
    this.said = data.text;
  }

  on_finished(data) {
    this.images.set(data.best.id, data.best);
    Object.assign(this, { state: "finished", model: data.model, verdict: data });
    const among = this.choice ? "what you left to choose from" : `${this.images.size} images`;
    this.said = `Finished: the best of ${among} scores ${data.best.score.mean.toFixed(3)}.`;
  }

  on_cancelled() {
    Object.assign(this, { state: "cancelled", said: "It was cancelled; what was drawn is kept." });
  }

  on_failed(data) {
    Object.assign(this, { state: "failed", reason: data.reason, said: "It failed." });
  }

  // Whether its search has rounds that could go on.
  get refines() {
    return this.recipe?.search !== "best-of-n";
  }

  progress(data) {
    this.done = data.done;
    this.planned = data.planned;
  }

  // Returns what is asked for often, worked out once between two events.
  once(name, work) {
    this.kept[name] ??= { value: work() };
    return this.kept[name].value;
  }

  get best() {
    if (this.verdict) return this.images.get(this.verdict.best.id);
    return this.once("best", () => top([...this.images.values()].filter((each) => this.stands(each))));
  }

  // Whether an image may still be the best: a person's choice leaves behind what was before it.
  stands(image) {
    return !this.choice || image.id === this.choice.shot || image.round >= this.choice.round;
  }

  // The ids that led to the best image, the first ancestor first.
  get lineage() {
    return this.verdict?.lineage ?? this.once("lineage", () => {
      const line = [];
      for (let each = this.best; each; each = this.images.get(each.parent)) line.unshift(each.id);
      return line;
    });
  }

  // Images by round, each model's together, in the order in which they are numbered.
  get rounds() {
    return this.once("rounds", () => {
      const rounds = new Map();
      for (const image of this.images.values()) {
        if (!rounds.has(image.round)) rounds.set(image.round, []);
        rounds.get(image.round).push(image);
      }
      for (const row of rounds.values()) {
        row.sort((a, b) => a.model.localeCompare(b.model) || a.index - b.index);
      }
      return new Map([...rounds].sort(([a], [b]) => a - b));
    });
  }

  winner(number) {
    return this.once(`winner ${number}`, () => {
      const row = this.rounds.get(number) ?? [];
      if (number > 0) return top(row);
      return this.model ? top(row.filter((each) => each.model === this.model)) : null;
    });
  }

  // What an image is to its search, in words.
  roles(image) {
    const roles = [];
    const isBest = image.id === this.best?.id;
    if (isBest) roles.push(["best", "gold"]);
    if (image.id === this.winner(image.round)?.id) roles.push(["winner", "gold"]);
    if (image.id === this.choice?.shot) roles.push(["preferred", "blue"]);
    else if (!isBest && this.lineage.includes(image.id)) roles.push(["ancestor", "blue"]);
    return roles;
  }
}

export function top(images) {
  return images.filter((each) => each.score)
    .reduce((best, each) => (best && best.score.mean >= each.score.mean ? best : each), null);
}

export function roundName(number) {
  return number === 0 ? "Stage one" : `Round ${number}`;
}
