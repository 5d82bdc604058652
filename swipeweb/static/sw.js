// Keeps the page itself, so that it opens without a network. Photos and answers are never kept here.

const SHELL = "swipegan-shell";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin) return;
  if (pathname === "/" || pathname.startsWith("/static/")) event.respondWith(answer(event.request));
});

async function answer(request) {
  const shell = await caches.open(SHELL);
  const kept = await shell.match(request);
  if (kept && request.url.includes("/static/")) return kept;
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await shell.put(request, fresh.clone());
    else await caches.delete(SHELL); // not let in any more
    return fresh;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}
