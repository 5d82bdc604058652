// The stack of photos on the stage: the top one follows the finger, the next ones lie ready beneath.

const DEEP = 3; // cards in the page
const LEAVE = 240; // milliseconds a judged photo takes to leave
const SMALL = 0.95; // how large the photos beneath are
const WORDS = { right: "good", left: "bad", up: "skip", down: "undo" };
const FAR = { right: [1.3, 0.1], left: [-1.3, 0.1], up: [0, -1.3] };

export const DIRECTIONS = { good: "right", bad: "left", skip: "up" };

/** Shows a deck's first items in `stage`: what comes first in the page lies beneath. `glow` lights up a side. */
export class Cards {
  constructor(stage, glow) {
    Object.assign(this, { stage, glow, cards: new Map(), order: [] });
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    new ResizeObserver(() => this.fit()).observe(stage);
  }

  /** The card on top, if its photo is there. */
  get top() {
    return this.order[0];
  }

  /** Stack these items' photos; without `complete` no new card is made, which can wait. */
  show(items, complete = true) {
    const shown = items.slice(0, DEEP).filter((item) => item.picture);
    const wanted = items[0]?.picture ? shown : [];
    for (const [id, card] of this.cards) {
      if (!wanted.some((item) => item.id === id)) this.#remove(id, card);
    }
    const made = wanted.filter((item, index) => complete || !index || this.cards.has(item.id));
    this.order = [];
    for (const item of made) this.order.push(this.cards.get(item.id) ?? this.#make(item, this.order.at(-1)));
    this.order.forEach((card, index) => {
      if (card.dataset.depth === String(index)) return;
      card.dataset.depth = index;
      card.setAttribute("aria-hidden", index > 0);
    });
    const image = String(wanted[0]?.id ?? "");
    if (this.stage.dataset.image !== image) this.stage.dataset.image = image;
  }

  /** Remove every photo at once, also those on their way out. */
  clear() {
    this.show([]);
    for (const card of this.stage.querySelectorAll(".card")) card.remove();
  }

  /** A new card beneath another, or on top of all. */
  #make(item, above) {
    const card = document.createElement("figure");
    card.className = "card";
    const photo = document.createElement("div");
    photo.className = "photo";
    photo.append(item.picture);
    const stamp = document.createElement("figcaption");
    stamp.className = "stamp";
    stamp.setAttribute("aria-hidden", "true");
    card.append(photo, stamp);
    Object.assign(card, { item, photo, stamp, said: "" });
    this.#fit(card);
    this.stage.insertBefore(card, above ?? null);
    this.cards.set(item.id, card);
    return card;
  }

  #remove(id, card) {
    this.cards.delete(id);
    if (!card.classList.contains("leaving")) card.remove();
  }

  /** Give every card the photo's shape, as large as the stage allows. */
  fit() {
    this.space = { width: this.stage.clientWidth, height: this.stage.clientHeight };
    for (const card of this.cards.values()) this.#fit(card);
  }

  #fit(card) {
    const { width, height } = (this.space ??= { width: this.stage.clientWidth, height: this.stage.clientHeight });
    const { naturalWidth: w, naturalHeight: h } = card.item.picture;
    const scale = Math.min(width / w, height / h);
    card.style.width = `${Math.floor(w * scale)}px`;
    card.style.height = `${Math.floor(h * scale)}px`;
  }

  /** Follow the finger. near: 0..1, how close it is to deciding. */
  drag(dx, dy, lean, near) {
    const card = this.top;
    if (!card) return;
    if (!card.classList.contains("held")) card.classList.add("held");
    card.style.transform = `translate(${dx}px, ${dy}px) rotate(${dx * 0.035}deg)`;
    this.#say(card, lean, near);
    this.#rise(near);
  }

  /** The photo beneath comes nearer. */
  #rise(near) {
    const next = this.order[1];
    if (next) next.style.transform = near ? `scale(${SMALL + (1 - SMALL) * near})` : "";
  }

  #say(card, lean, near) {
    const said = lean ? WORDS[lean] : "";
    if (card.said !== said) {
      card.said = card.dataset.lean = this.glow.className = said;
      card.stamp.textContent = said.toUpperCase();
    }
    const strength = said ? near : 0;
    card.stamp.style.opacity = Math.min(strength * 1.2, 1);
    this.glow.style.opacity = strength;
    const sure = strength >= 1;
    if (card.classList.contains("sure") !== sure) card.classList.toggle("sure", sure);
  }

  /** Let the photo go back to its place. */
  settle() {
    const card = this.top;
    if (!card) return;
    card.classList.remove("held");
    card.style.transform = "";
    this.#say(card, null, 0);
    this.#rise(0);
  }

  /** The top photo leaves; the page does not wait for it. */
  leave(verdict, from = {}) {
    const card = this.order.shift();
    if (!card) return;
    this.#say(card, DIRECTIONS[verdict], 1);
    this.glow.style.opacity = 0;
    if (this.top) this.top.style.transform = "";
    this.cards.delete(card.item.id);
    if (this.calm.matches) return card.remove();
    const [x, y] = FAR[DIRECTIONS[verdict]];
    card.classList.add("leaving");
    card.classList.remove("held");
    const dx = (from.dx ?? 0) + x * screen.width, dy = (from.dy ?? 0) + y * screen.height;
    card.style.transform = `translate(${dx}px, ${dy}px) rotate(${dx * 0.03}deg)`;
    setTimeout(() => card.remove(), LEAVE);
  }

  /** A photo that comes back slides in from where it went. */
  arrive(verdict) {
    const card = this.top;
    if (!card || this.calm.matches || !FAR[DIRECTIONS[verdict]]) return;
    const [x, y] = FAR[DIRECTIONS[verdict]];
    card.animate([{ transform: `translate(${x * innerWidth * 0.6}px, ${y * innerHeight * 0.6}px)`, opacity: 0.3 }, {}], {
      duration: 180,
      easing: "cubic-bezier(.2,.8,.3,1)",
    });
  }
}
