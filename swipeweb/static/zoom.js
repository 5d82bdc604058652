// Looking closely: pinch or double-tap to real pixels, hold to see the whole picture.

import { picture } from "./api.js";

const MOST = 10; // times larger at most

/** Enlarges the top card's photo. `changed` hears when it starts and ends. */
export class Zoom {
  constructor(changed) {
    Object.assign(this, { changed, scale: 1, x: 0, y: 0, card: null });
  }

  get on() {
    return this.scale > 1.02;
  }

  /** Real pixels around a point of the screen, or back. */
  toggle(card, clientX, clientY) {
    if (!card) return;
    if (this.on) return this.reset();
    this.by(card, this.#natural(card), clientX, clientY);
  }

  /** The factor at which one pixel of the file is one of the screen, at least 2. */
  #natural(card) {
    const [left, , right] = card.item.region;
    const pixels = Math.min(right - left, 2048);
    return Math.min(Math.max(pixels / (card.clientWidth * devicePixelRatio), 2), MOST);
  }

  /** Enlarge by a factor and keep the point under the fingers where it is. */
  by(card, factor, clientX, clientY) {
    if (!card) return;
    this.card = card;
    const box = card.getBoundingClientRect();
    const fromX = clientX - box.left - box.width / 2, fromY = clientY - box.top - box.height / 2;
    const scale = Math.min(Math.max(this.scale * factor, 1), MOST);
    const grown = scale / this.scale;
    this.x = fromX - (fromX - this.x) * grown;
    this.y = fromY - (fromY - this.y) * grown;
    this.scale = scale;
    this.#apply();
    if (this.on) this.#sharpen(card);
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.#apply();
  }

  #apply() {
    const { card } = this;
    if (!card) return;
    const wide = (card.clientWidth * (this.scale - 1)) / 2, high = (card.clientHeight * (this.scale - 1)) / 2;
    this.x = Math.min(Math.max(this.x, -wide), wide);
    this.y = Math.min(Math.max(this.y, -high), high);
    card.photo.style.transform = this.on ? `translate(${this.x}px, ${this.y}px) scale(${this.scale})` : "";
    card.classList.toggle("zoomed", this.on);
    this.changed(this.on);
  }

  reset() {
    Object.assign(this, { scale: 1, x: 0, y: 0 });
    this.#apply();
    this.card = null;
  }

  /** Lay the file's own pixels over the small rendition, once. */
  async #sharpen(card) {
    if (card.sharp) return;
    card.sharp = true;
    try {
      const bitmap = await createImageBitmap(await picture(card.item.id, "zoom", "l"));
      const canvas = document.createElement("canvas");
      Object.assign(canvas, { width: bitmap.width, height: bitmap.height, className: "real" });
      canvas.getContext("bitmaprenderer").transferFromImageBitmap(bitmap);
      card.photo.append(canvas);
      card.item.looked = "zoom";
    } catch {
      card.sharp = false;
    }
  }
}

/** Shows the whole picture while the finger rests. */
export class Peek {
  constructor(box) {
    this.box = box;
    this.image = box.querySelector("img");
  }

  get on() {
    return !this.box.hidden;
  }

  async show(item) {
    if (!item) return;
    this.box.hidden = false;
    this.image.removeAttribute("src");
    try {
      item.whole ??= URL.createObjectURL(await picture(item.id, "whole", "l"));
      item.looked ??= "whole";
      if (this.on) this.image.src = item.whole;
    } catch {
      this.hide();
    }
  }

  hide() {
    this.box.hidden = true;
  }
}

/** Give back the memory that a judged image's whole picture took. */
export function release(item) {
  if (item.whole) URL.revokeObjectURL(item.whole);
  item.whole = null;
}
