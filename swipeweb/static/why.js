// Why a photo is bad, asked beside a finger that rests on the left: up or down chooses, lifting says so.

import { RULES } from "./gestures.js";
import { make } from "./sheet.js";

/** A column of reasons; the row at the finger's height means none. */
export class Why {
  constructor(box, words) {
    this.box = box;
    this.rows = words.map((word) => make("li", {}, word));
    this.none = make("li", {}, "Bad");
  }

  /** Show them around height y, so many of them above; reason: the chosen one, or null. */
  show(y, above, reason) {
    if (this.box.hidden) {
      this.box.replaceChildren(...this.rows.slice(0, above), this.none, ...this.rows.slice(above));
      const { top } = this.box.parentElement.getBoundingClientRect();
      this.box.style.top = `${y - top - (above + 0.5) * RULES.row}px`;
      this.box.hidden = false;
    }
    for (const row of this.box.children) row.classList.toggle("chosen", row === (this.rows[reason] ?? this.none));
  }

  hide() {
    if (!this.box.hidden) this.box.hidden = true;
  }
}
