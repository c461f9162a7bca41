// The app at the door: takes the page over, keeps itself on the phone, and leads from screen to screen.

import {button, day, field, h, show, words} from "./dom.js";
import {door} from "./door.js";
import {all, ask} from "./items.js";
import {badge, login_link, send_now} from "./sending.js";
import {go, state} from "./state.js";
import {forget_list, keep_list, kept_list, new_lock, open_list} from "./vault.js";

const IDLE_MS = 10 * 60 * 1000;  // a phone that is left lying locks itself

let touched = Date.now();

// --- Locking ------------------------------------------------------------------------------------------------------

for (const event of ["pointerdown", "keydown"]) window.addEventListener(event, () => { touched = Date.now(); }, true);
document.addEventListener("visibilitychange", watch);
setInterval(watch, 20000);

async function watch() {
  if (await is_over()) {
    await forget();
    return choose(words.expired);
  }
  if (state.list && Date.now() - touched > IDLE_MS) lock();
}

async function is_over() {
  const kept = await kept_list();
  return Boolean(kept) && Date.now() >= Date.parse(kept.expires_at);
}

function lock() {
  state.list = state.lock = null;
  state.changed = () => {};
  unlock();
}

async function forget() {
  await forget_list();
  state.list = state.lock = null;
  state.changed = () => {};
}

// --- Screens ------------------------------------------------------------------------------------------------------

async function choose(message = "") {
  const answer = await ask("doors.json");
  state.network = answer.ok ? "on" : answer.why === "login" ? "login" : "off";
  badge();
  const items = answer.ok ? answer.data.doors : [];
  const list = h("ul", {class: "doors"}, ...items.map(one => h("li", {}, h("button", {type: "button", class: "door", onclick: () => set_pin(one)},
    h("strong", {}, one.title), h("span", {}, day(one.day), one.place ? ` · ${one.place}` : "")))));
  const why = answer.ok ? (items.length ? "" : words.no_doors) : answer.why === "login" ? words.login
    : answer.message || words.offline_no_list;
  const left = (await all()).filter(item => item.status === "waiting").length;
  show(message && h("p", {class: "flash", role: "status"}, message), h("h1", {}, words.choose), h("p", {class: "small"}, words.choose_help),
    why && h("p", {class: "empty"}, why), answer.why === "login" && h("p", {}, login_link()),
    left > 0 && h("p", {}, `${words.count_waiting}: `, h("strong", {}, String(left)), " ", button(words.send, () => send_now().then(() => choose()), "quiet")),
    items.length > 0 && list);
}

function pin_field(id, label) {
  return field(id, label, {type: "password", inputmode: "numeric", minlength: 6, maxlength: 32, required: true});
}

function pin_fault(pin, again) {
  if (pin.length < 6) return words.pin_short;
  const digits = Array.from(pin, Number);
  const steps = new Set(digits.slice(1).map((digit, index) => digit - digits[index]));
  if (new Set(pin).size < 3 || steps.size === 1) return words.pin_weak;
  return pin === again ? "" : words.pin_differs;
}

function set_pin(one) {
  const problem = h("p", {class: "problem", role: "alert"});
  const form = h("form", {onsubmit: async event => {
    event.preventDefault();
    const pin = form.elements.pin.value;
    problem.textContent = pin_fault(pin, form.elements.again.value);
    if (problem.textContent) return;
    const answer = await ask("list.json", {activity: one.activity, day: one.day});
    if (!answer.ok) {
      problem.replaceChildren(answer.why === "login" ? words.login : answer.message ? `${words.refused} ${answer.message}` : words.offline_no_list);
      return;
    }
    state.lock = await new_lock(pin);
    state.list = answer.data;
    await keep_list(state.list, state.lock);
    navigator.storage?.persist?.();  // so that the browser does not clear it when the phone is full
    door();
  }}, pin_field("pin", words.pin), pin_field("again", words.pin_again), problem, h("button", {class: "main-button wide-button"}, words.take));
  show(h("h1", {}, words.pin_new), h("p", {}, h("strong", {}, one.title), h("br"), day(one.day)), h("p", {class: "small"}, words.pin_help), form,
    h("p", {}, button(words.cancel, () => choose(), "quiet")));
}

function unlock() {
  const problem = h("p", {class: "problem", role: "alert"});
  const form = h("form", {onsubmit: async event => {
    event.preventDefault();
    const found = await open_list(form.elements.pin.value);
    if (found.list) {
      Object.assign(state, found);
      door();
    } else if (found.left > 0) {
      problem.replaceChildren(`${words.pin_wrong} `, h("bdi", {}, String(found.left)));
      form.elements.pin.value = "";
      form.elements.pin.focus();
    } else {
      await forget();
      choose(words.pin_wiped);
    }
  }}, pin_field("pin", words.pin), problem, h("button", {class: "main-button wide-button"}, words.unlock));
  show(h("h1", {}, words.unlock_title), form);
  form.elements.pin.focus();
}

// --- Beginning ----------------------------------------------------------------------------------------------------

Object.assign(go, {choose, forget, lock});

async function begin() {
  // Without encryption nothing is kept: the plain list below needs neither.
  if (!window.crypto?.subtle || !window.indexedDB) {
    document.getElementById("app").prepend(h("p", {class: "problem", role: "alert"}, words.no_crypto));
    return;
  }
  navigator.serviceWorker?.register("/field/worker.js", {scope: "/field/"}).catch(() => {});  // tried again at the next load
  if (await is_over()) await forget();
  badge();
  if (await kept_list()) unlock();
  else await choose();
  send_now();
}

window.addEventListener("unhandledrejection", () => {
  document.getElementById("app").prepend(h("p", {class: "problem", role: "alert"}, words.failed));
});

begin();
