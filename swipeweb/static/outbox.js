// Verdicts on their way to the server: kept on the phone until the server says that it has them.

import { Offline, Refusal, ShutOut, post } from "./api.js";
import { afterPaint } from "./paint.js";

const SOON = 150; // milliseconds in which verdicts gather
const BATCH = 200;
const PATIENCE = [400, 800, 1600, 3200, 5000]; // between tries
const KEPT = 1500; // sent events that are kept for undo, and to know what was judged

const SENT = ["uuid", "image", "verdict", "undoes", "reason", "how", "decided", "milliseconds", "rendition"];

/** Sends events in order, again and again until they are stored. `changed` hears of every change. */
export class Outbox {
  constructor(store, changed) {
    Object.assign(this, { store, changed, unsent: [], offline: false, shutOut: false, tries: 0, number: Date.now() });
    for (const event of ["online", "focus", "pageshow"]) addEventListener(event, () => this.flush());
    document.addEventListener("visibilitychange", () => this.flush(document.hidden));
    addEventListener("pagehide", () => this.flush(true));
    setInterval(() => this.unsent.length && this.flush(), 5000);
  }

  /** Take up what an earlier page left behind; returns the events that were sent, oldest first. */
  async load() {
    const events = await this.store.events();
    this.unsent = events.filter((event) => !event.sent);
    const old = events.filter((event) => event.sent);
    this.store.remove("events", old.slice(0, -KEPT).map((event) => event.uuid));
    this.number = Math.max(this.number, ...events.map((event) => event.number + 1));
    if (this.unsent.length) this.flush();
    return events;
  }

  add(events) {
    for (const event of events) event.number = this.number++;
    this.unsent.push(...events);
    this.store.note(events);
    afterPaint(() => this.store.keep(events));
    this.changed(this);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), this.offline ? PATIENCE[1] : SOON);
  }

  /** Images whose verdict the server has not heard of. */
  images() {
    return this.unsent.map((event) => event.image);
  }

  async flush(leaving = false) {
    if (this.shutOut || !this.unsent.length || (this.busy && !leaving)) return;
    this.busy = true;
    const batch = this.unsent.slice(0, leaving ? 100 : BATCH); // a request that outlives its page may have 64 KB
    try {
      const answer = await post("/api/verdicts", { verdicts: batch.map(asSent) }, leaving);
      await this.#done(batch, answer);
    } catch (error) {
      await this.#failed(batch, error);
    }
    this.busy = false;
    this.changed(this);
    if (this.unsent.length && !this.shutOut) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.flush(), this.offline ? PATIENCE[Math.min(this.tries, 5) - 1] : 0);
    }
  }

  async #done(batch, answer) {
    Object.assign(this, { offline: false, tries: 0, progress: answer.progress });
    const answered = new Set([...answer.stored, ...answer.known, ...Object.keys(answer.refused)]);
    const gone = batch.filter((event) => answered.has(event.uuid));
    this.refused = Object.values(answer.refused)[0];
    this.unsent = this.unsent.filter((event) => !answered.has(event.uuid));
    gone.forEach((event) => (event.sent = true));
    await this.store.put("events", gone).catch(() => {});
  }

  async #failed(batch, error) {
    if (error instanceof ShutOut) this.shutOut = true;
    else if (error instanceof Offline) Object.assign(this, { offline: true, tries: this.tries + 1 });
    else if (error instanceof Refusal) {
      // one event that the server cannot read must not hold up the others for ever
      if (batch.length > 1) return this.#halve(batch);
      this.refused = error.message;
      this.unsent = this.unsent.filter((event) => event !== batch[0]);
      await this.store.remove("events", [batch[0].uuid]);
    } else throw error;
  }

  async #halve(batch) {
    for (const event of batch) {
      try {
        await this.#done([event], await post("/api/verdicts", { verdicts: [asSent(event)] }));
      } catch (error) {
        await this.#failed([event], error);
        if (!(error instanceof Refusal)) return;
      }
    }
  }
}

function asSent(event) {
  return Object.fromEntries(SENT.filter((name) => event[name] != null).map((name) => [name, event[name]]));
}
