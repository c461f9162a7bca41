// Small pieces of pages. Text is always set as text, never as markup: a name may hold anything.

export const words = JSON.parse(document.getElementById("words").textContent);

// h("button", {class: "main-button", onclick: f}, "text", otherElement)
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child != null && child !== false));
  return element;
}

export const button = (text, onclick, kind = "") => h("button", {type: "button", class: kind, onclick}, text);

export function field(id, label, attributes = {}) {
  return h("p", {}, h("label", {for: id}, label), h("input", {id, name: id, autocomplete: "off", ...attributes}));
}

const main = document.getElementById("app");

// Put a screen in place of the last one and lead the eye, and the screen reader, to its heading.
export function show(...children) {
  main.replaceChildren(...children.filter(Boolean));
  const heading = main.querySelector("h1");
  if (heading) {
    heading.tabIndex = -1;
    heading.focus({preventScroll: true});
  }
  window.scrollTo(0, 0);
}

// The hour where the activity takes place, whatever zone the phone is set to.
export function clock(text, zone) {
  const hour = new Intl.DateTimeFormat("en-GB", {hour: "2-digit", minute: "2-digit", timeZone: zone});
  return h("bdi", {dir: "ltr"}, hour.format(new Date(text)));
}

export function day(text) {
  const [year, month, date] = text.split("-").map(Number);
  const options = {weekday: "long", day: "numeric", month: "long", year: "numeric", numberingSystem: "latn"};
  return new Intl.DateTimeFormat(`${document.documentElement.lang}-MA`, options).format(new Date(year, month - 1, date));
}
