// Requests to the app. Every failure is one of three kinds.

/** Nobody answered, or the server was in trouble: worth trying again. */
export class Offline extends Error {}

/** This browser is not let in any more. */
export class ShutOut extends Error {}

/** The server understood and said no. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function call(path, options = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), options.patience ?? 20000);
  try {
    const answer = await fetch(path, { credentials: "same-origin", cache: "no-store", signal: stop.signal, ...options });
    const began = performance.now();
    if (answer.ok && options.blob) return { blob: await answer.blob(), milliseconds: performance.now() - began };
    if (answer.ok) return await answer.json();
    if (answer.status === 401) throw new ShutOut(path);
    if (answer.status >= 500 || answer.status === 429) throw new Offline(path);
    throw new Refusal(answer.status, (await answer.json().catch(() => ({}))).error);
  } catch (error) {
    if (error instanceof ShutOut || error instanceof Refusal) throw error;
    throw new Offline(path);
  } finally {
    clearTimeout(timer);
  }
}

/** The JSON at a path. */
export const get = (path) => call(path);

/** Send JSON; `keepalive` lets it outlive the page. */
export const post = (path, content, keepalive = false) =>
  call(path, {
    method: "POST",
    body: JSON.stringify(content),
    headers: { "Content-Type": "application/json" },
    keepalive,
  });

/** A rendition of an image as a blob, and the milliseconds that the line (not the server) took for it. */
export const load = (id, kind, size) => call(`/api/images/${id}/${kind}?size=${size}`, { blob: true });

/** A rendition of an image as a blob. */
export const picture = async (id, kind, size) => (await load(id, kind, size)).blob;

/** A random UUID, also where the origin is not secure and crypto.randomUUID is missing. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
