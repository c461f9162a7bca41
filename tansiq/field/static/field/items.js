// What was finished on this phone, and its way to the server. An item is never changed after it is finished; it goes only
// when the server has answered for it and the day is over.

import * as store from "./store.js";
import {device, seal, unseal} from "./vault.js";

const MOST_AT_ONCE = 100;  // the server takes 200
const PATIENCE_MS = 30000;
let sending = null;
let clock = 0;

// The one way to write a body, as core.receipts.canonical does: keys sorted, no blanks. Numbers are whole.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map(key => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

export async function sha256(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, "0")).join("");
}

// Finish a form: when this resolves, it is on the phone's disk.
export async function finish(kind, body) {
  const whole = {...body, at: new Date().toISOString()};
  const item = {id: crypto.randomUUID(), kind, body: whole, sha256: await sha256(canonical(whole))};
  clock = Math.max(Date.now(), clock + 1);  // two in one millisecond keep their order
  await store.write("items", {id: item.id, order: clock, status: "waiting", sealed: await seal(item)});
  return {...item, order: clock, status: "waiting"};
}

// All items, oldest first, opened.
export async function all() {
  const rows = (await store.read_all("items")).sort((one, other) => one.order - other.order);
  return Promise.all(rows.map(async row => ({...await unseal(row.sealed), order: row.order, status: row.status})));
}

export async function waiting() {
  return (await all()).filter(item => item.status === "waiting");
}

function cookie(name) {
  return document.cookie.split("; ").find(one => one.startsWith(`${name}=`))?.slice(name.length + 1) || "";
}

// Ask the server: {ok, data} or {why: "offline" | "login" | "refused", message}.
export async function ask(path, body) {
  const options = {credentials: "same-origin", cache: "no-store", redirect: "follow", headers: {Accept: "application/json"}};
  options.signal = AbortSignal.timeout(PATIENCE_MS);
  if (body) {
    if (!cookie("csrftoken")) await ask("doors.json");  // a new log-in has another
    options.method = "POST";
    options.headers = {...options.headers, "Content-Type": "application/json", "X-CSRFToken": cookie("csrftoken")};
    options.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(new URL(path, new URL("/field/", location.origin)), options);
  } catch {
    return {why: "offline"};
  }
  let data = null;
  try { data = await answer.json(); } catch { /* a page and not JSON: the log-in, or a hotel's network */ }
  if (data && (answer.ok || data.results)) return {ok: true, data};
  if (data && data.error && data.error !== "login") return {why: "refused", message: data.message || ""};
  return {why: answer.status >= 500 || (answer.ok && !answer.redirected) ? "offline" : "login"};
}

// Send what waits, in the order in which it was finished. Returns {sent, why}; two calls at once are one.
export function send() {
  sending ??= send_all().finally(() => { sending = null; });
  return sending;
}

async function send_all() {
  let sent = 0;
  const tried = new Set();
  for (;;) {
    const batch = (await waiting()).filter(item => !tried.has(item.id)).slice(0, MOST_AT_ONCE);
    if (!batch.length) return {sent, left: tried.size ? (await waiting()).length : 0};
    const items = batch.map(({id, kind, body, sha256}) => ({id, kind, body, sha256}));
    const answer = await ask("sync.json", {device: await device(), sent_at: new Date().toISOString(), items});
    if (!answer.ok) return {sent, why: answer.why, message: answer.message};
    for (const item of batch) {
      tried.add(item.id);
      const found = answer.data.results.find(one => one.id === item.id);
      if (!found || found.status === "again") continue;
      const {order, status, ...kept} = item;
      await store.write("items", {id: item.id, order, status: found.status, sealed: await seal({...kept, answer: found})});
      sent += 1;
    }
  }
}

// At the end of the day: what was answered for goes, what waits stays.
export async function forget_sent() {
  for (const row of await store.read_all("items")) {
    if (row.status !== "waiting") await store.remove("items", row.id);
  }
}
