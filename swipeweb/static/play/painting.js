// Portraits: asking for one, watching its tiles come, keeping the finished ones.

import { get, post, Offline, ShutOut } from "./api.js";
import { picture } from "./landmarks.js";
import { make } from "./sheet.js";

const $ = (id) => document.getElementById(id);
const KEPT = 12; // portraits on the shelf
const OPEN = new Set(["asking", "queued", "painting"]);

/** One portrait at a time is followed; `changed` hears of all that happens. */
export class Painting {
  constructor({ easel, changed, wish, restore, failed }) {
    Object.assign(this, { easel, changed, wish, restore, failed, state: "none", strokes: [], told: {}, shelf: [] });
    this.tile = 0; // whose candidates are shown
    this.current = null; // the portrait that is shown, of the shelf
    for (const radio of document.querySelectorAll("[name=compare]")) radio.onchange = () => this.#compare();
    $("wipe").oninput = () => this.changed();
    easel.canvas.addEventListener("click", (event) => this.#pick(event));
  }

  get active() {
    return OPEN.has(this.state);
  }

  get hasPicture() {
    return this.strokes.length > 0 || this.current !== null;
  }

  get thumbnail() {
    return this.current?.url ?? null;
  }

  /** Ask for the portrait that the page shows. */
  async start() {
    if (this.active) return;
    const wish = this.wish();
    this.last = this.current ?? this.last;
    this.several = $("candidates").value !== "none";
    this.size = Number($("size").value);
    Object.assign(this, { state: "asking", strokes: [], told: {}, tile: 0, current: null, asked: JSON.stringify(wish) });
    this.#show();
    try {
      await this.#follow(await post("/api/portraits", wish), wish);
    } catch (error) {
      this.#end("failed", error.message || "The computer does not answer.");
      if (error instanceof ShutOut) this.failed(error);
    }
  }

  /** Take the portrait back. */
  async cancel() {
    this.unwanted = true;
    if (this.told.id) await post(`/api/portraits/${this.told.id}/cancel`, {}).catch(() => {});
  }

  async #follow(told, wish) {
    if (this.unwanted) await post(`/api/portraits/${told.id}/cancel`, {});
    let seen = 0;
    for (;;) {
      seen = await this.#take(told, seen);
      if (!OPEN.has(this.state)) break;
      told = await this.#news(told, seen);
    }
    if (this.state === "done") await this.#keep(wish);
    this.#end(this.state, this.told.error);
  }

  async #news({ id, state, before }, seen) {
    for (;;) {
      try {
        return await get(`/api/portraits/${id}?seen=${seen}&state=${state}&before=${before}`);
      } catch (error) {
        if (!(error instanceof Offline)) throw error;
        this.lost = true;
        this.changed();
        await new Promise((then) => setTimeout(then, 1000));
      } finally {
        this.lost = false;
      }
    }
  }

  async #take(told, seen) {
    const fetched = told.seen.map(async ([tile, top, left, size, change], index) => {
      const image = await picture(`/api/portraits/${told.id}/tiles/${seen + index}`);
      return { tile, top, left, size, change, image };
    });
    for (const stroke of fetched) {
      this.strokes.push(await stroke);
      this.tile = this.strokes.at(-1).tile;
      Object.assign(this, { told, state: "painting" });
      this.#show();
    }
    Object.assign(this, { told, state: told.state });
    this.#show();
    return seen + told.seen.length;
  }

  async #keep(wish) {
    const answer = await fetch(`/api/portraits/${this.told.id}/portrait.png`, { credentials: "same-origin" });
    if (!answer.ok) throw new Error("the finished portrait could not be fetched");
    const blob = await answer.blob();
    const url = URL.createObjectURL(blob);
    this.current = { wish, url, image: await picture(url), told: this.told, strokes: this.strokes, several: this.several };
    this.shelf.unshift(this.current);
    for (const old of this.shelf.splice(KEPT)) URL.revokeObjectURL(old.url);
  }

  #end(state, error) {
    Object.assign(this, { state, error, unwanted: false });
    if (state !== "done") Object.assign(this, { current: this.last ?? null, strokes: this.last?.strokes ?? [], several: this.last?.several });
    this.#show();
  }

  /** Forget every portrait. */
  forget() {
    for (const { url } of this.shelf) URL.revokeObjectURL(url);
    Object.assign(this, { shelf: [], strokes: [], current: null, last: null, state: "none", told: {} });
    this.#show();
  }

  /** What to say, and the share that is done or null. `wished` is what the page asks for now. */
  status(wished) {
    const { told, strokes } = this;
    if (this.lost) return ["No connection; trying again.", null];
    if (this.state === "asking") return ["Asking for the portrait", 0];
    if (this.state === "queued") return [told.before === 1 ? "One portrait before yours." : `${told.before} portraits before yours.`, 0];
    if (this.state === "painting") {
      const left = told.left > 1 ? `, ${clock(told.left)} left` : "";
      return [`Tile ${strokes.length} of ${told.strokes}${left}`, strokes.length / told.strokes];
    }
    if (this.state === "cancelled") return ["Cancelled.", null];
    if (this.state === "failed") return [`Not painted: ${this.error}`, null];
    if (this.current && wished !== JSON.stringify(this.current.wish)) return ["Changed since it was painted: paint again.", null];
    if (this.current) return [`Painted in ${clock(this.current.told.seconds)}.`, null];
    return ["", null];
  }

  /** Put what there is on the easel; `face` is the small face. */
  draw(face) {
    if (this.active || (!this.current && this.strokes.length)) return this.easel.tiles(face, this.strokes, this.size);
    if (!this.current) return this.easel.small(face, "The small face; nothing is painted yet", 0.6);
    const how = document.querySelector("[name=compare]:checked").value;
    this.easel.portrait(this.current.image, this.#before?.image, how, $("wipe").valueAsNumber / 100);
    if (this.framed && how === "off") this.easel.frame(this.framed.left, this.framed.top, this.framed.size);
  }

  get #before() {
    return this.shelf[this.shelf.indexOf(this.current) + 1] ?? null;
  }

  #compare() {
    const how = document.querySelector("[name=compare]:checked").value;
    $("wipe").hidden = how !== "wipe";
    this.changed();
  }

  /** Show the candidates of another tile. */
  step(by) {
    const count = Math.max(...this.strokes.map(({ tile }) => tile)) + 1;
    this.tile = (this.tile + by + count) % count;
    this.framed = this.strokes.find(({ tile }) => tile === this.tile);
    this.#show();
  }

  #pick(event) {
    if (document.body.dataset.view !== "portrait" || !this.current?.told.kept.length) return;
    const box = this.easel.canvas.getBoundingClientRect(), scale = this.easel.canvas.width / box.width;
    const x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
    const far = ({ left, top, size }) => Math.hypot(left + size / 2 - x, top + size / 2 - y);
    const nearest = this.strokes.reduce((best, stroke) => (far(stroke) < far(best) ? stroke : best));
    this.tile = nearest.tile;
    this.step(0);
  }

  #show() {
    if (this.active || !this.current) this.framed = null;
    this.#showCandidates();
    this.#showMade();
    this.#showShelf();
    $("compare").hidden = !this.#before || this.active;
    if ($("compare").hidden) document.querySelector("[name=compare][value=off]").checked = true;
    $("wipe").hidden = document.querySelector("[name=compare]:checked").value !== "wipe";
    this.changed();
  }

  #showCandidates() {
    const own = this.strokes.filter(({ tile }) => tile === this.tile);
    $("strip").hidden = !this.strokes.length || !this.several;
    if ($("strip").hidden) return;
    const kept = this.current?.told.kept[this.tile];
    $("strip-title").textContent = `Candidates of tile ${this.tile + 1}`;
    $("cells").replaceChildren(
      ...own.map(({ change, image }) => {
        const cell = make("li", { className: change === kept ? "kept" : "" }, image.cloneNode());
        cell.firstChild.alt = "";
        cell.append(make("span", {}, change === kept ? `${change}: kept` : change));
        return cell;
      }),
    );
  }

  #showMade() {
    const told = this.current?.told;
    $("download").hidden = !told;
    $("made").hidden = !told;
    if (!told) return;
    Object.assign($("download"), { href: this.current.url, download: told.name });
    const agreement = told.result.lowres_psnr ? ` It agrees with the small face to ${told.result.lowres_psnr}\u00a0dB.` : "";
    $("how").textContent = `To the byte.${agreement}`;
    $("command").textContent = told.command;
  }

  #showShelf() {
    $("recent").hidden = this.shelf.length < 2;
    $("shelf").replaceChildren(
      ...this.shelf.map((portrait) => {
        const button = make("button", { type: "button", disabled: this.active });
        button.append(make("img", { src: portrait.url, alt: `Seed ${portrait.wish.seed}` }));
        button.setAttribute("aria-pressed", portrait === this.current);
        button.onclick = () => this.#back(portrait);
        return make("li", {}, button);
      }),
    );
  }

  #back(portrait) {
    const { strokes, told, several } = portrait;
    Object.assign(this, { current: portrait, strokes, told, several, state: "done", tile: 0, framed: null });
    this.#show();
    this.restore(portrait.wish);
  }
}

function clock(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return `${Math.round(seconds / 60)} min`;
}
