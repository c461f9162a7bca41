// The service worker of /field/. `KEPT` stands before this: {version, shell, start, files}; the server writes it.
// It keeps the shell, which holds no data, and the files the shell names. Pages with names and answers are never kept here.

const CACHE = `field-${KEPT.version}`;

async function keep() {
  const cache = await caches.open(CACHE);
  // Whoever is not logged in is sent elsewhere: that must not be kept as the shell, so the install fails and comes again.
  const shell = await fetch(KEPT.shell, {credentials: "same-origin", redirect: "error", cache: "no-store"});
  if (!shell.ok) throw new Error(`shell: ${shell.status}`);
  await cache.addAll(KEPT.files);
  await cache.put(KEPT.shell, shell);
}

async function forget_older() {
  for (const name of await caches.keys()) {
    if (name.startsWith("field-") && name !== CACHE) await caches.delete(name);
  }
}

async function from_cache(path) {
  return (await caches.open(CACHE)).match(path);
}

async function page(request, path) {
  // The first page comes from the phone at once, network or not; the others need the network.
  if (path === KEPT.start) return (await from_cache(KEPT.shell)) || fetch(request);
  try {
    return await fetch(request);
  } catch (error) {
    const shell = await from_cache(KEPT.shell);
    if (shell) return shell;
    throw error;
  }
}

self.addEventListener("install", event => {
  self.skipWaiting();
  event.waitUntil(keep());
});

self.addEventListener("activate", event => event.waitUntil(forget_older().then(() => self.clients.claim())));

self.addEventListener("fetch", event => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate") {
    event.respondWith(page(event.request, url.pathname + url.search));
  } else if (KEPT.files.includes(url.pathname)) {
    event.respondWith(from_cache(url.pathname).then(kept => kept || fetch(event.request)));
  }
});
