// What all screens share. list, lock: only while the list is open, and only in memory;  network: "on", "off" or "login";
// changed: called when what is shown may be old;  go: the screens that app.js leads to.

export const state = {list: null, lock: null, network: navigator.onLine ? "on" : "off", changed: () => {}};
export const go = {};
