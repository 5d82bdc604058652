// One person judging: what a decision, an undo and a change of mind do. Knows no page.

import { uuid } from "./api.js";

const IDLE = 30000; // milliseconds: a longer pause is no labeling time
const RECENT = 12; // judged photos that lie decoded for undo

/** Joins deck and outbox. An entry is one image judged: all its events, and how to show it again. */
export class Session {
  constructor(deck, outbox) {
    Object.assign(this, { deck, outbox, past: [], moments: [], progress: null });
  }

  /** Take up the entries that earlier pages of this phone left. */
  load(events) {
    const byUuid = new Map();
    for (const event of events) {
      const entry = event.undoes ? byUuid.get(event.undoes) : this.#entryOf(event);
      if (!entry) continue;
      if (event.undoes) entry.events = entry.events.filter((one) => one.uuid !== event.undoes);
      else entry.events.push(event);
      byUuid.set(event.uuid, entry);
    }
    this.past = this.past.filter((entry) => entry.events.length);
  }

  #entryOf(event) {
    let entry = this.past.find((one) => one.id === event.entry);
    if (!entry && event.info) this.past.push((entry = { id: event.entry, item: { ...event.info }, events: [] }));
    return entry;
  }

  /** Judge images; `how` says by what. Returns the entries. */
  decide(items, verdictOf, how, extra = {}) {
    const batch = items.map((item) => {
      const { picture, busy, whole, ...info } = item;
      const id = uuid();
      const event = { uuid: id, entry: id, image: item.id, verdict: verdictOf(item), how, decided: Date.now(), info, ...extra };
      return { id, item, events: [event] };
    });
    this.past.push(...batch);
    this.outbox.add(batch.map((entry) => entry.events[0]));
    this.moments.push(performance.now());
    if (this.moments.length > 60) this.moments.shift();
    return batch;
  }

  /** The same image, judged otherwise or with a reason. */
  change(entry, verdict, how, reason) {
    const event = { uuid: uuid(), entry: entry.id, image: entry.item.id, verdict, how, reason, decided: Date.now() };
    entry.events.push(event);
    this.outbox.add([event]);
  }

  /** Judge an image of long ago that this phone does not know. */
  changeOld(image, verdict) {
    const id = uuid();
    this.outbox.add([{ uuid: id, entry: id, image, verdict, how: "history", decided: Date.now() }]);
  }

  /** Take the last entry back; returns it. */
  undo(how) {
    const entry = this.past.pop();
    if (!entry) return null;
    const events = entry.events.toReversed?.() ?? [...entry.events].reverse();
    this.outbox.add(
      events.map(({ uuid: undoes, image }) => ({ uuid: uuid(), undoes, image, verdict: "undo", how, decided: Date.now() })),
    );
    return entry;
  }

  /** Decoded pictures take memory: those of long ago go. */
  forget() {
    const old = this.past.at(-RECENT - 1);
    if (old) old.item.picture = null;
  }

  /** Who goes back goes on going back: `want` hears of the photos that come then. */
  remember(want) {
    for (const entry of this.past.slice(-RECENT).reverse()) want(entry.item);
  }

  /** Images done and in all, as the server counted plus what it has not heard of. */
  counted() {
    const base = this.progress ?? { done: 0, total: 0 };
    const weight = (event) => (event.verdict === "undo" ? -1 : event.entry === event.uuid && event.how !== "history" ? 1 : 0);
    const done = base.done + this.outbox.unsent.reduce((sum, event) => sum + weight(event), 0);
    return { done: Math.max(0, Math.min(done, base.total)), total: base.total };
  }

  /** Verdicts a minute over the last ones, without pauses, or null. */
  rate() {
    const gaps = this.moments.slice(1).map((moment, index) => moment - this.moments[index]).filter((gap) => gap < IDLE);
    if (gaps.length < 4) return null;
    return (60000 * gaps.length) / gaps.reduce((sum, gap) => sum + gap, 0);
  }
}

/** The verdict that an entry stands for. */
export const standing = (entry) => entry.events.at(-1)?.verdict;
