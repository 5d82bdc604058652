// The stack of photos on the stage: the top one follows the finger, the next ones lie ready beneath.

const DEEP = 3; // cards in the page
const LEAVE = 240; // milliseconds a judged photo takes to leave
const WORDS = { right: "good", left: "bad", up: "skip", down: "undo" };
const FAR = { right: [1.3, 0.1], left: [-1.3, 0.1], up: [0, -1.3] };

export const DIRECTIONS = { good: "right", bad: "left", skip: "up" };

/** Shows a deck's first items in `stage`. */
export class Cards {
  constructor(stage) {
    this.stage = stage;
    this.cards = new Map();
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    new ResizeObserver(() => this.fit()).observe(stage);
  }

  /** The card on top, if its photo is there. */
  get top() {
    return this.order?.[0];
  }

  /** Stack these items' photos; without `complete` no new card is made, which can wait. */
  show(items, complete = true) {
    const shown = items.slice(0, DEEP).filter((item) => item.canvas);
    const wanted = items.length && items[0].canvas ? shown : [];
    const ids = new Set(wanted.map((item) => item.id));
    for (const [id, card] of this.cards) {
      if (!ids.has(id)) this.#remove(id, card);
    }
    const top = wanted[0];
    const made = wanted.filter((item) => complete || item === top || this.cards.has(item.id));
    this.order = made.map((item) => this.cards.get(item.id) ?? this.#make(item));
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

  #make(item) {
    const card = document.createElement("figure");
    card.className = "card";
    const photo = document.createElement("div");
    photo.className = "photo";
    item.canvas.setAttribute("role", "img");
    item.canvas.setAttribute("aria-label", "Photo to judge");
    photo.append(item.canvas);
    const tint = document.createElement("div");
    tint.className = "tint";
    const stamp = document.createElement("figcaption");
    stamp.className = "stamp";
    stamp.setAttribute("aria-hidden", "true");
    card.append(photo, tint, stamp);
    Object.assign(card, { item, photo, stamp });
    this.stage.prepend(card);
    this.cards.set(item.id, card);
    this.#fit(card);
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
    const { width: w, height: h } = card.item.canvas;
    const scale = Math.min(width / w, height / h);
    card.style.width = `${Math.floor(w * scale)}px`;
    card.style.height = `${Math.floor(h * scale)}px`;
  }

  /** Follow the finger. near: 0..1, how close it is to deciding. */
  drag(dx, dy, lean, near) {
    const card = this.top;
    if (!card) return;
    card.classList.add("held");
    card.style.transform = `translate(${dx}px, ${dy}px) rotate(${dx * 0.035}deg)`;
    this.#say(card, lean, near);
    this.order[1]?.style.setProperty("--near", near);
  }

  #say(card, lean, near) {
    card.dataset.lean = lean ? WORDS[lean] : "";
    card.stamp.textContent = lean ? WORDS[lean].toUpperCase() : "";
    card.style.setProperty("--near", lean ? near : 0);
    card.classList.toggle("sure", Boolean(lean) && near >= 1);
    this.stage.dataset.lean = card.dataset.lean;
    this.stage.style.setProperty("--near", lean ? near : 0);
  }

  /** Let the photo go back to its place. */
  settle() {
    const card = this.top;
    if (!card) return;
    card.classList.remove("held");
    card.style.transform = "";
    this.#say(card, null, 0);
    this.order[1]?.style.setProperty("--near", 0);
  }

  /** The top photo leaves; the page does not wait for it. */
  leave(verdict, from = { dx: 0, dy: 0 }) {
    const card = this.top;
    if (!card) return;
    this.#say(card, DIRECTIONS[verdict], 1);
    this.stage.dataset.lean = "";
    this.cards.delete(card.item.id);
    if (this.calm.matches) return card.remove();
    const [x, y] = FAR[DIRECTIONS[verdict]];
    card.classList.remove("held");
    card.classList.add("leaving");
    const dx = from.dx + x * innerWidth, dy = from.dy + y * innerHeight;
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
