// The screen at the door: counters, search, camera, people, and what was noted on this phone.

import {button, clock, day, field, h, show, words} from "./dom.js";
import {all, ask, finish, forget_sent} from "./items.js";
import {fold, has_words} from "./fold.js";
import {from_picture, watch} from "./scan.js";
import {badge, login_link, send_now} from "./sending.js";
import {go, state} from "./state.js";
import {keep_list} from "./vault.js";

const MOST_SHOWN = 20;
const MOST_GUESTS = 60;
const MOST_LATEST = 30;
const CODE = /^TQ-?([0-9]{1,6})-?([A-Z2-7]{16})$/;
const ASKS_AGAIN = ["waiting", "applied", "cancelled", "declined"];
const is_guest = person => person.state.startsWith("guest_");
const who = item => item.body.registration || item.body.guest;
let stop_camera = null;
let page = {};

// --- What is known ------------------------------------------------------------------------------------------------

// From the list and from what this phone noted: {came: Map(registration -> {at, item}), apart, waiting, mine}.
async function known() {
  const list = state.list;
  const mine = (await all()).filter(item => item.body.activity === list.activity && item.body.day === list.day);
  const gone = new Set(mine.filter(item => item.kind === "take-back").map(item => item.body.item));
  const came = new Map(list.people.filter(one => one.in).map(one => [one.id, {at: one.in, name: one.came}]));
  const people = new Map(list.people.map(one => [one.id, one]));
  let apart = 0;
  for (const item of mine) {
    if (item.kind === "take-back" || gone.has(item.id)) continue;
    const person = people.get(who(item));
    // What the server answered decides; until then the list does.
    const is_apart = item.answer?.receipt ? item.answer.receipt.answer.state !== "counted" : !person || ASKS_AGAIN.includes(person.state);
    if (item.status === "conflict" || item.status === "refused" || is_apart) apart += 1;
    else if (person && (!came.has(person.id) || came.get(person.id).at > item.body.at)) came.set(person.id, {at: item.body.at, name: item.body.representative, item});
  }
  const noted = new Set(mine.filter(item => who(item) && !gone.has(item.id)).map(who));
  return {came, noted, apart, people, mine, gone, waiting: mine.filter(item => item.status === "waiting").length};
}

const index = new WeakMap();  // list -> folded names, worked out once

function folded(list) {
  if (!index.has(list)) index.set(list, list.people.map(one => [...one.name, ...one.instead || [], one.about || ""].map(fold).join(" | ")));
  return index.get(list);
}

function search(text) {
  const {people} = state.list;
  const code = tidy(text);
  if (code) return people.filter(one => one.mark && `TQ-${one.number}` === code.split("-").slice(0, 2).join("-"));
  const plain = fold(text);
  if (/^[0-9]+$/.test(plain)) {
    const found = people.filter(one => String(one.number) === plain);
    const registered = found.filter(one => !is_guest(one));
    return registered.length ? registered : found;
  }
  const asked = plain.split(" ").filter(Boolean);
  return asked.length ? people.filter((one, at) => has_words(folded(state.list)[at], asked)) : [];
}

function tidy(text) {
  const found = CODE.exec(text.replace(/\s/g, "").toUpperCase());
  return found ? `TQ-${Number(found[1])}-${found[2]}` : "";
}

async function mark(code) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(code));
  return Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, "0")).join("").slice(0, 24);
}

// --- Doing --------------------------------------------------------------------------------------------------------

const about = () => ({activity: state.list.activity, day: state.list.day});

async function check_in(person) {
  const {came} = await known();
  if (came.has(person.id)) return flash(words.already, person, true);
  await finish("check-in", {...about(), registration: person.id});
  flash(person.state === "confirmed" ? words.checked_in : words.noted, person, person.state !== "confirmed");
  after();
}

// In person, or the one who came in the place of this guest.
async function receive(person, representative, function_) {
  const {came} = await known();
  if (came.has(person.id)) return flash(words.already, person, true);
  await finish("guest", {...about(), guest: person.id, representative: representative.normalize("NFC"), function: function_.normalize("NFC")});
  flash(words.checked_in, person);
  after();
}

async function note_code(code) {
  await finish("check-in", {...about(), code});
  flash(words.noted, null, true);
  after();
}

function after() {
  page.query.value = "";
  draw();
  if (state.network !== "off" || navigator.onLine) send_now();
}

function flash(text, person, is_warning = false) {
  navigator.vibrate?.(is_warning ? [60, 60, 60] : 60);
  page.flash.className = `flash${is_warning ? " flash-bad" : ""}`;
  page.flash.replaceChildren(h("p", {}, text, person && h("br"), person && h("strong", {}, ...numbered(person), h("bdi", {dir: "auto"}, person.name[0]))));
  page.flash.scrollIntoView({block: "nearest"});
}

// --- The camera ---------------------------------------------------------------------------------------------------

async function open_camera() {
  if (stop_camera) return close_camera();
  const video = h("video", {class: "camera", playsinline: true, muted: true, "aria-label": words.scan_help});
  video.muted = true;
  page.camera.replaceChildren(h("p", {class: "small"}, words.scan_help), video, button(words.scan_stop, close_camera, "wide-button"));
  try {
    stop_camera = await watch(video, text => found_code(text));
  } catch {
    page.camera.replaceChildren(h("p", {class: "problem", role: "alert"}, words.scan_none), picture_field());
  }
}

function close_camera() {
  stop_camera?.();
  stop_camera = null;
  page.camera?.replaceChildren();
}

function picture_field() {
  const onchange = async event => {
    const text = await from_picture(event.target.files[0]);
    if (text) found_code(text);
    else flash(words.scan_nothing, null, true);
  };
  return field("picture", words.scan_picture, {type: "file", accept: "image/*", onchange});
}

async function found_code(text) {
  const code = tidy(text);
  if (!code) return flash(words.scan_foreign, null, true);
  const wanted = await mark(code);
  const person = state.list.people.find(one => one.mark === wanted);
  if (person && person.state === "confirmed") return check_in(person);
  if (person) {
    page.query.value = String(person.number);
    flash(words[`state_${person.state}`], person, true);
    return draw();
  }
  page.flash.className = "flash flash-bad";
  page.flash.replaceChildren(h("p", {}, words.scan_unknown), button(words.scan_keep, () => note_code(code)));
}

// One who answered not to come has no place in the order of precedence.
const numbered = person => person.number ? [h("bdi", {}, String(person.number)), " · "] : [];

// --- Drawing ------------------------------------------------------------------------------------------------------

export async function door() {
  close_camera();
  const {list} = state;
  page = {
    flash: h("div", {class: "flash-place", role: "status", "aria-live": "assertive"}), counts: h("p", {class: "counts"}),
    people: h("ul", {class: "people"}), camera: h("div"), sending: h("div"), latest: h("ul", {class: "items"}), hint: h("p", {class: "small", role: "status"}),
    query: h("input", {id: "q", type: "search", dir: "auto", autocomplete: "off", enterkeyhint: "search", "aria-describedby": "q-help", oninput: () => draw()}),
  };
  const form = h("form", {class: "field-search", role: "search", onsubmit: event => { event.preventDefault(); enter(); }},
    h("label", {for: "q"}, words.search), page.query, h("span", {id: "q-help", class: "small"}, words.search_help));
  show(h("h1", {class: "field-title"}, list.title), h("p", {class: "small"}, day(list.day)), page.counts, page.flash, page.camera, form, page.hint, page.people,
    h("section", {"aria-labelledby": "latest"}, h("h2", {id: "latest"}, words.latest), page.sending, page.latest),
    h("details", {class: "apart"}, h("summary", {}, words.menu), h("div", {class: "row-of-buttons"}, button(words.refresh, refresh), button(words.lock, () => { close_camera(); go.lock(); }), button(words.finish, end_of_day))),
    h("div", {class: "bottom"}, button(words.scan, open_camera, "main-button"), button(words.walk_in, walk_in)));
  state.changed = draw;
  badge();
  await draw();
}

// A scanner that types like a keyboard ends its code with Enter.
function enter() {
  const code = tidy(page.query.value);
  if (code) {
    page.query.value = "";
    found_code(code);
  }
}

async function draw() {
  if (!state.list || !page.people?.isConnected) return;
  const facts = await known();
  const number = (label, value) => h("span", {}, `${label}: `, h("strong", {}, h("bdi", {}, String(value))));
  page.counts.replaceChildren(number(words.count_in, facts.came.size), number(words.count_waiting, facts.waiting), facts.apart > 0 && number(words.count_apart, facts.apart) || "");
  const text = page.query.value.trim();
  const guests = text ? [] : state.list.people.filter(one => is_guest(one) && one.number && !facts.came.has(one.id) && !facts.noted.has(one.id));
  const found = text ? search(text) : guests;
  const most = text ? MOST_SHOWN : MOST_GUESTS;
  page.hint.textContent = !text ? guests.length ? words.guests : "" : !found.length ? words.nobody : found.length > most ? words.more : "";
  page.people.replaceChildren(...found.slice(0, most).map(person => row(person, facts)));
  page.sending.replaceChildren(...sending_line(facts));
  const shown = facts.mine.filter(item => item.kind !== "take-back").reverse().slice(0, MOST_LATEST);
  page.latest.replaceChildren(...shown.map(item => line(item, facts)));
}

function sending_line({waiting, mine}) {
  if (state.network === "login" && waiting) return [h("p", {class: "problem"}, words.login), h("p", {}, login_link())];
  if (waiting) return [h("p", {}, `${words.count_waiting}: `, h("strong", {}, String(waiting)), " ", button(words.send, event => { event.target.disabled = true; send_now(); }))];
  return mine.length ? [h("p", {class: "small"}, words.sent)] : [];
}

function row(person, {came, noted}) {
  const [first, ...others] = person.name;
  const has_place = person.state === "confirmed" || is_guest(person);
  const tag = !["confirmed", "guest_accepted"].includes(person.state);
  const names = h("p", {}, h("bdi", {class: "person-name", dir: "auto"}, first), ...others.flatMap(one => [" ", h("bdi", {class: "person-other", dir: "auto"}, one)]),
    h("br"), h("span", {class: "small"}, person.number ? `${words.number} ` : "", ...numbered(person), h("bdi", {dir: "auto"}, person.about || person.region || "")),
    tag && h("br"), tag && h("strong", {class: `tag${has_place && person.state !== "guest_declined" ? "" : " tag-cancelled"}`}, words[`state_${person.state}`]), tag && h("span", {class: "small"}, ` ${words[`do_${person.state}`] || ""}`),
    person.instead?.length > 0 && h("span", {class: "small instead"}, `${words.instead}: `, h("bdi", {dir: "auto"}, [person.instead.join(" · "), person.instead_function].filter(Boolean).join("، "))));
  const done = came.get(person.id);
  if (done) return h("li", {class: "person"}, names, h("p", {class: "in"}, `${words.checked_in} `, clock(done.at, state.list.zone), done.name && " · ", done.name && h("bdi", {dir: "auto"}, done.name)));
  if (noted.has(person.id)) return h("li", {class: "person"}, names, h("p", {class: "in"}, words.noted));
  const act = (label, kind, onclick) => h("button", {type: "button", class: kind, onclick}, label, h("span", {class: "hidden"}, ` ${first}`));
  if (!is_guest(person)) return h("li", {class: "person"}, names, act(has_place ? words.check_in : words.came, has_place ? "main-button" : "", () => check_in(person)));
  const known = person.instead?.length > 0;
  return h("li", {class: "person"}, names, act(known ? words.instead_came : words.check_in, "main-button", () => receive(person, known ? person.instead[0] : "", known ? person.instead_function : "")),
    act(words.another, "quiet", () => another(person)));
}

function line(item, {people, gone}) {
  const person = people.get(who(item));
  const name = person ? [person.number, item.body.representative, person.name[0]].filter(Boolean).join(" · ") : item.body.name || item.body.code || "";
  const answer = item.answer?.receipt?.answer;
  const status = gone.has(item.id) ? words.taken_back : answer && answer.state === "decide" ? words.item_refused : words[`item_${item.status}`];
  return h("li", {class: "item"}, h("p", {}, clock(item.body.at, state.list.zone), " · ", h("bdi", {dir: "auto"}, name), h("br"), h("span", {class: "small"}, status, item.answer?.message ? `: ${item.answer.message}` : "")),
    !gone.has(item.id) && item.status !== "conflict" && item.status !== "refused" && button(words.take_back, () => ask_back(item, name), "quiet"));
}

// --- Other screens ------------------------------------------------------------------------------------------------

function ask_back(item, name) {
  close_camera();
  const take = because => async () => {
    await finish("take-back", {...about(), item: item.id, because});
    await door();
    send_now();
  };
  show(h("h1", {}, words.take_back_ask), h("p", {}, h("bdi", {dir: "auto"}, name)),
    h("div", {class: "row-of-buttons"}, button(words.wrong_person, take(words.wrong_person), "main-button"), button(words.pressed, take(words.pressed), "main-button"), button(words.cancel, door)));
}

function walk_in() {
  close_camera();
  const problem = h("p", {class: "problem", role: "alert"});
  const form = h("form", {onsubmit: async event => {
    event.preventDefault();
    const name = form.elements.name.value.trim();
    if (!/\p{L}/u.test(name)) {
      problem.textContent = words.name_missing;
      return form.elements.name.focus();
    }
    await finish("walk-in", {...about(), name: name.normalize("NFC"), organisation: form.elements.organisation.value.trim().normalize("NFC")});
    await door();
    flash(words.noted, null, true);
    send_now();
  }}, field("name", words.name, {dir: "auto", maxlength: 120, required: true}), field("organisation", words.organisation, {dir: "auto", maxlength: 200}), problem,
  h("button", {class: "main-button wide-button"}, words.note));
  show(h("h1", {}, words.walk_in), h("p", {class: "small"}, words.walk_in_help), form, h("p", {}, button(words.cancel, door, "quiet")));
}

// Somebody came for a guest; or the guest in person, where a representative was announced.
function another(person) {
  close_camera();
  const problem = h("p", {class: "problem", role: "alert"});
  const note = async (name, function_) => {
    await door();
    await receive(person, name, function_);
  };
  const form = h("form", {onsubmit: event => {
    event.preventDefault();
    const name = form.elements.representative.value.trim();
    if (/\p{L}/u.test(name)) return note(name, form.elements.function.value.trim());
    problem.textContent = words.name_missing;
    form.elements.representative.focus();
  }}, field("representative", words.instead_name, {dir: "auto", maxlength: 120, required: true}), field("function", words.function, {dir: "auto", maxlength: 200}), problem,
  h("button", {class: "main-button wide-button"}, words.note));
  show(h("h1", {}, words.another), h("p", {}, h("bdi", {dir: "auto"}, person.name[0])), h("p", {class: "small"}, words.another_help),
    person.instead?.length > 0 && h("p", {}, button(words.in_person, () => note("", ""), "wide-button")), form, h("p", {}, button(words.cancel, door, "quiet")));
}

async function refresh() {
  const answer = await ask("list.json", {activity: state.list.activity, day: state.list.day});
  if (!answer.ok) return flash(answer.why === "login" ? words.login : answer.message || words.offline, null, true);
  state.list = answer.data;
  await keep_list(state.list, state.lock);
  await draw();
  flash(words.refreshed, null);
}

async function end_of_day() {
  close_camera();
  const {waiting} = await known();
  show(h("h1", {}, words.finish), h("p", {}, words.finish_ask), waiting > 0 && h("p", {class: "problem"}, words.finish_waiting),
    h("div", {class: "row-of-buttons"}, button(words.finish_yes, async () => {
      await forget_sent();
      await go.forget();
      go.choose(words.finished);
    }, "main-button"), button(words.cancel, door)));
}
