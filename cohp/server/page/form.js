// The prompt and its options as the server is asked for them.
import { at, complain, make, write } from "./dom.js";
import { ask } from "./net.js";

const NUMBERS = new Set(["per_model", "rounds", "batch", "seed"]);

export function prepare(begun) {
  const form = at("ask");
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    complain(at("trouble"), "");
    at("begin").disabled = true;
    try {
      begun(await ask("/api/runs", values(form)));
    } catch (error) {
      complain(at("trouble"), error.message);
    } finally {
      at("begin").disabled = false;
    }
  });
  return offer();
}

function values(form) {
  const said = {};
  const models = [];
  for (const [name, value] of new FormData(form)) {
    if (name === "models") models.push(value);
    else if (value !== "") said[name] = NUMBERS.has(name) ? Number(value) : value;
  }
  return models.length ? { ...said, models } : said;
}

async function offer() {
  const choices = await ask("/api/choices");
  at("models").replaceChildren(...choices.models.map((model) => {
    const name = make("span");
    write(name, model.default ? `${model.name} (usual)` : model.name);
    return make("label", { title: model.about }, make("input", { type: "checkbox", name: "models", value: model.name }), name);
  }));
  options(at("recipe"), Object.entries(choices.recipes).map(([name, about]) => [name, `${name}: ${about}`]));
  options(at("reward"), choices.rewards.map((name) => [name, name]));
  write(at("reward").options[0], `the server's own: ${choices.reward}`);
}

function options(select, pairs) {
  select.append(...pairs.map(([value, text]) => {
    const option = make("option", { value });
    write(option, text);
    return option;
  }));
}
