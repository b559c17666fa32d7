// Elements without markup: whatever comes from the gateway, the app or an operator becomes text and nothing else.

/**
 * `properties`: `class`, `text`, `on` (listeners by event), `data` (data attributes); all others are attributes, of which
 * false, null and undefined are left out.
 */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) give(node, name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function give(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "text") node.textContent = value;
  else if (name === "on") for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
  else if (name === "data") Object.assign(node.dataset, value);
  else node.setAttribute(name, value === true ? "" : value);
}

/** Only a change touches the page: selections stay, and screen readers hear news only. */
export function write(node, text) {
  const wanted = text ?? "";
  if (node.textContent !== wanted) node.textContent = wanted;
}

export function show(node, isShown) {
  if (node.hidden === isShown) node.hidden = !isShown;
}

/** An attribute, or none when the value is null. */
export function mark(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/**
 * Children of `parent` by key: those that stay are updated in place, so that focus and open details stay, too.
 * `create` gives `{ node, update(item) }`.
 */
export class KeyedList {
  #parent;
  #create;
  #views = new Map();

  constructor(parent, create) {
    this.#parent = parent;
    this.#create = create;
  }

  update(items, keyOf) {
    const wanted = new Set(items.map(keyOf));
    for (const [key, { node }] of this.#views) {
      if (wanted.has(key)) continue;
      node.remove();
      this.#views.delete(key);
    }
    items.forEach((item, index) => this.#place(keyOf(item), item, index));
  }

  #place(key, item, index) {
    const view = this.#views.get(key) ?? this.#create(item);
    this.#views.set(key, view);
    const present = this.#parent.children[index];
    if (present !== view.node) this.#parent.insertBefore(view.node, present ?? null);
    view.update(item);
  }
}

const SVG = "http://www.w3.org/2000/svg";

/** The gate with its lamp. */
export function brandMark() {
  const part = (name, attributes, ...children) => {
    const node = document.createElementNS(SVG, name);
    for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, value);
    node.append(...children);
    return node;
  };
  const arch = part("path", { d: "M4 21h16M6 21V11a6 6 0 0 1 12 0v10" });
  const lamp = part("circle", { cx: 12, cy: 13, r: 2.6 });
  return part("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: "brand-mark" }, arch, lamp);
}
