// Sending by itself: after each check-in, when the network comes back, and again after a pause that grows.

import {h, words} from "./dom.js";
import {send} from "./items.js";
import {state} from "./state.js";

const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 5 * 60 * 1000;
let pause_ms = FIRST_PAUSE_MS;
let timer = null;

export async function send_now() {
  clearTimeout(timer);
  const outcome = await send();
  if (outcome.why === "login") state.network = "login";
  else if (outcome.why === "offline") state.network = "off";
  else if (outcome.sent) state.network = "on";
  const is_done = !outcome.why && !outcome.left;
  if (is_done) pause_ms = FIRST_PAUSE_MS;
  else timer = setTimeout(send_now, pause_ms = Math.min(pause_ms * 2, LONGEST_PAUSE_MS));
  badge();
  state.changed();
  return outcome;
}

export function badge() {
  const place = document.getElementById("badge");
  place.hidden = false;
  place.classList.toggle("badge-off", state.network !== "on");
  place.textContent = state.network === "on" ? words.online : state.network === "off" ? words.offline : words.login_link;
}

export const login_link = () => h("a", {href: "/accounts/login/?next=/field/", class: "button"}, words.login_link);

window.addEventListener("online", () => {
  state.network = "on";
  pause_ms = FIRST_PAUSE_MS;
  badge();
  send_now();
});
window.addEventListener("offline", () => {
  state.network = "off";
  badge();
  state.changed();
});
