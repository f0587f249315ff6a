// Elements made of data: text is always text, and what stands already is not made anew.
const SVG = "http://www.w3.org/2000/svg";

export const at = (id) => document.getElementById(id);

export function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function draw(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(key, value === true ? "" : value);
    }
  }
  element.append(...children.filter((each) => each !== null));
  return element;
}

// Puts children where they differ from what stands; a focused one keeps the focus.
export function place(parent, children) {
  const same = parent.childNodes.length === children.length
    && children.every((each, index) => parent.childNodes[index] === each);
  if (same) return;
  const held = document.activeElement;
  parent.replaceChildren(...children);
  if (held && held !== document.activeElement && held.isConnected) held.focus({ preventScroll: true });
}

export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function complain(element, text) {
  write(element, text || "");
  element.hidden = !text;
}

export function badge(text, kind = "") {
  const span = make("span", { class: `badge ${kind}` });
  span.textContent = text;
  return span;
}

export function number(value) {
  return Math.abs(value) < 10 ? value.toFixed(3) : value.toFixed(2);
}

export function reading(score) {
  if (!score) return "no score";
  return number(score.mean) + (score.std === null ? "" : ` ± ${number(score.std)}`);
}

export function counted(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
