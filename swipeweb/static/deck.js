// The images that come next: fetched and decoded before they are needed.

import { Refusal, ShutOut, get, load } from "./api.js";
import { settings } from "./store.js";

const AHEAD = 12; // images fetched and decoded
const ASK = 24; // images the deck knows of at most; it asks for more at half of that
const FAST = 500; // milliseconds a photo: who judges faster than that gets twice as many ahead
const AT_ONCE = 4; // fetches side by side
const REMEMBERED = 160; // pictures kept for undo
const RENEW = 120_000; // milliseconds after which a page that is looked at says again that it holds its photos
const REST = 1500; // milliseconds without requests after one that nobody answered
const LARGE = 75_000; // bytes of a large picture; a small one has 30,000
const EASY = 0.4; // share of the time between two photos that the line may take for one
const SLOW = 450; // milliseconds that it may take at most

/** Images to judge. `changed` hears when one is ready, when the server has nothing more, and of failures. */
export class Deck {
  constructor(store, outbox, changed) {
    Object.assign(this, { store, outbox, changed, items: [], blobs: new Map(), fetching: 0, stored: new Set() });
    Object.assign(this, { state: "loading", progress: null, pace: 0, size: "l", rest: 0 });
    Object.assign(this, { beat: 2 * FAST, advanced: 0 }); // milliseconds between the last photos
    setInterval(() => this.#look(), 4000);
    addEventListener("online", () => this.retry());
  }

  /** How many times as much is needed ahead. */
  get haste() {
    return this.beat < FAST ? 2 : 1;
  }

  get current() {
    return this.items[0];
  }

  #look() {
    if (this.until && this.until <= Date.now()) this.#expire();
    this.fill();
    const long = performance.now() - this.asked > RENEW;
    if (long && !document.hidden && !this.asking && this.items.length) this.#ask(0);
  }

  /** The day is over: what was taken along belongs to others again. */
  async #expire() {
    this.until = 0;
    const old = (await this.store.all("pictures")).filter((one) => one.until <= Date.now()).map((one) => one.id);
    for (const id of old) this.blobs.delete(id);
    this.items = this.items.filter((item) => !old.includes(item.id));
    this.stored.clear();
    await this.store.remove("pictures", old).catch(() => {});
    this.changed();
  }

  /** Pictures that were stored for the way, still may be shown, and were not judged (ids) by an earlier page. */
  async load(judged) {
    const stored = await this.store.all("pictures");
    const held = stored.filter((one) => one.until > Date.now());
    this.store.remove("pictures", stored.filter((one) => one.until <= Date.now()).map((one) => one.id));
    this.until = Math.min(...held.map((one) => one.until), Infinity);
    for (const one of held) this.blobs.set(one.id, one.blob);
    this.items.push(...held.filter((one) => !judged.has(one.id)).map(({ info }) => ({ ...info })));
    this.stored = new Set(held.map((one) => one.id));
  }

  /** Try at once, whatever failed before. */
  retry() {
    this.rest = 0;
    this.fill();
  }

  /** Keep enough images known, fetched and decoded. */
  fill() {
    if (this.state === "out") return;
    this.#fetchAhead();
    if (performance.now() < this.rest) return;
    if (this.items.length <= (ASK * this.haste) / 2 && !this.asking) this.#ask();
  }

  async #ask(count = ASK * this.haste - this.items.length, hours = 0) {
    this.asking = true;
    this.asked = performance.now();
    const have = [...this.items.map((item) => item.id), ...this.outbox.images()];
    try {
      const answer = await get(`/api/next?count=${count}&hours=${hours}&size=${this.size}&have=${have.join(",")}`);
      const known = new Set([...this.items.map((item) => item.id), ...this.outbox.images()]);
      const fresh = answer.images.filter((info) => !known.has(info.id));
      this.items.push(...fresh);
      this.progress = answer.progress;
      this.state = this.items.length ? "ready" : answer.progress.done < answer.progress.total ? "waiting" : "finished";
      if (answer.progress.total === 0) this.state = "empty";
      if (hours) return fresh;
    } catch (error) {
      this.#failed(error);
    } finally {
      this.asking = false;
      this.#fetchAhead();
      this.changed();
    }
    return [];
  }

  #failed(error) {
    if (error instanceof ShutOut) this.state = "out";
    else if (error instanceof Refusal) Object.assign(this, { state: "error", error: error.message });
    else {
      this.state = this.items.length ? "ready" : "offline";
      this.rest = performance.now() + REST;
    }
  }

  #fetchAhead() {
    for (const item of this.items.slice(0, AHEAD * this.haste)) {
      if (performance.now() < this.rest && !this.blobs.has(item.id)) continue;
      if (this.fetching >= AT_ONCE) return;
      if (!item.picture && !item.busy) this.#fetch(item);
    }
  }

  async #fetch(item) {
    item.busy = true;
    this.fetching++;
    try {
      item.picture = await this.decode(item);
    } catch (error) {
      if (error instanceof Refusal) this.items = this.items.filter((one) => one !== item); // gone from the disk
      else this.#failed(error);
    }
    item.busy = false;
    this.fetching--;
    this.changed();
    if (item.picture) this.#fetchAhead();
  }

  /** The picture of an image as an element that needs no more decoding. */
  async decode(item) {
    const src = URL.createObjectURL(await this.blob(item));
    const picture = Object.assign(new Image(), { src, decoding: "sync", draggable: false, alt: "Photo to judge" });
    try {
      await picture.decode();
    } finally {
      URL.revokeObjectURL(src);
    }
    return picture;
  }

  async blob(item) {
    const known = this.blobs.get(item.id);
    if (known) return known;
    const size = settings.size === "auto" ? this.size : settings.size;
    const { blob, milliseconds } = await load(item.id, "face", size);
    this.#learnPace(blob.size, milliseconds / Math.max(this.fetching, 1));
    item.size = size;
    this.blobs.set(item.id, blob);
    while (this.blobs.size > REMEMBERED + this.items.length + this.stored.size) {
      this.blobs.delete(this.blobs.keys().next().value);
    }
    return blob;
  }

  /** Smaller pictures where the line would not keep up with the person, larger ones again where it would with ease. */
  #learnPace(bytes, milliseconds) {
    const large = (milliseconds * LARGE) / Math.max(bytes, 1); // what a large one would have taken
    this.pace = this.pace ? this.pace * 0.7 + large * 0.3 : large;
    const most = Math.min(SLOW, EASY * this.beat);
    const saving = navigator.connection?.saveData || ["2g", "slow-2g", "3g"].includes(navigator.connection?.effectiveType);
    if (this.pace > most || saving) this.size = "s";
    else if (this.pace < most / 2) this.size = "l";
  }

  /** The current image is judged: the next one is it. Whoever calls fills up afterwards. */
  advance() {
    const item = this.items.shift();
    const now = performance.now();
    this.beat = this.beat * 0.8 + Math.min(now - this.advanced, 2 * FAST) * 0.2;
    this.advanced = now;
    if (!this.items.length) this.state = navigator.onLine && !this.outbox.offline ? "loading" : "offline";
    return item;
  }

  /** An image comes back to the top. */
  back(item) {
    this.items = [item, ...this.items.filter((one) => one.id !== item.id)];
    this.state = "ready";
    this.want(item);
  }

  /** Decode an image though it is not next. */
  want(item) {
    if (!item.picture && !item.busy) this.#fetch(item);
  }

  /** Take the next images out at once, for the grid; waits until they are there. */
  async take(count) {
    if (this.items.length < count) await this.#ask(count - this.items.length + AHEAD);
    const taken = this.items.splice(0, count);
    await Promise.all(taken.map(async (item) => (item.picture ??= await this.decode(item).catch(() => null))));
    return taken.filter((item) => item.picture);
  }

  /** Store images on the phone for hours without a network. `report` hears how many are there. */
  async takeAlong(count, hours, report) {
    const until = (this.until = Date.now() + hours * 3600e3);
    await this.#ask(Math.max(count - this.items.length, 1), hours);
    let there = 0;
    const waiting = this.items.slice(0, count);
    const total = waiting.length;
    const worker = async () => {
      for (let item = waiting.shift(); item; item = waiting.shift()) {
        const { picture, busy, ...info } = item;
        const blob = await this.blob(item);
        await this.store.put("pictures", [{ id: item.id, info, blob, until }]);
        this.stored.add(item.id);
        report(++there, total);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return there;
  }

  /** How many of the stored images wait to be judged. */
  get along() {
    return this.items.filter((item) => this.stored.has(item.id)).length;
  }

  /** Forget every picture: all are judged, or this browser is not let in any more. */
  async wipe() {
    this.blobs.clear();
    this.stored.clear();
    await this.store.clear("pictures").catch(() => {});
  }
}
