// What is kept is sealed. The list opens with the PIN and the phone's own key together; items with the phone's own key
// alone, so that what was noted at the door can be sent even where the PIN is forgotten. Why: the decision record on phones.

import * as store from "./store.js";

export const MOST_TRIES = 10;
const ROUNDS = 600000;  // PBKDF2 with SHA-256, as OWASP asks for; about half a second on a phone
const encoder = new TextEncoder();
const decoder = new TextDecoder();

// The phone's own key: the browser keeps it, and no script can read it out.
async function own_key() {
  const known = await store.read("keys", "own");
  if (known) return known;
  const made = await crypto.subtle.generateKey({name: "AES-GCM", length: 256}, false, ["encrypt", "decrypt"]);
  await store.write("keys", made, "own");
  return made;
}

async function encrypt(key, bytes) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return {iv, data: await crypto.subtle.encrypt({name: "AES-GCM", iv}, key, bytes)};
}

const decrypt = (key, sealed) => crypto.subtle.decrypt({name: "AES-GCM", iv: sealed.iv}, key, sealed.data);

export async function seal(value) {
  return encrypt(await own_key(), encoder.encode(JSON.stringify(value)));
}

export async function unseal(sealed) {
  return JSON.parse(decoder.decode(await decrypt(await own_key(), sealed)));
}

async function key_of(pin, salt, rounds) {
  const material = await crypto.subtle.importKey("raw", encoder.encode(pin), "PBKDF2", false, ["deriveKey"]);
  const how = {name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds};
  return crypto.subtle.deriveKey(how, material, {name: "AES-GCM", length: 256}, false, ["encrypt", "decrypt"]);
}

// The PIN of a new list: its key stays in memory until the list is locked.
export async function new_lock(pin) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  return {key: await key_of(pin, salt, ROUNDS), salt, rounds: ROUNDS};
}

export async function keep_list(list, lock) {
  const inner = await encrypt(lock.key, encoder.encode(JSON.stringify(list)));
  const outer = await encrypt(await own_key(), inner.data);
  // In the clear only what must be known before the PIN: when the list is to go.
  const row = {salt: lock.salt, rounds: lock.rounds, inner_iv: inner.iv, iv: outer.iv, data: outer.data, expires_at: list.expires_at};
  await store.write("lists", row, "list");
  await store.write("facts", 0, "tries");
}

export const kept_list = () => store.read("lists", "list");

// {list, lock} or {left}: how many tries are left; 0 where the list is deleted now.
export async function open_list(pin) {
  const row = await kept_list();
  if (!row) return {left: 0};
  // Counted before it is tried: closing the page in between gives no try for nothing.
  const tries = await store.count_up("facts", "tries");
  const key = await key_of(pin, row.salt, row.rounds);
  try {
    const data = await decrypt(await own_key(), row);
    const list = JSON.parse(decoder.decode(await decrypt(key, {iv: row.inner_iv, data})));
    await store.write("facts", 0, "tries");
    return {list, lock: {key, salt: row.salt, rounds: row.rounds}};
  } catch {
    if (tries >= MOST_TRIES) await forget_list();
    return {left: Math.max(MOST_TRIES - tries, 0)};
  }
}

export async function forget_list() {
  await store.remove("lists", "list");
  await store.write("facts", 0, "tries");
}

export async function device() {
  let id = await store.read("facts", "device");
  if (!id) {
    id = crypto.randomUUID();
    await store.write("facts", id, "device");
  }
  return id;
}
