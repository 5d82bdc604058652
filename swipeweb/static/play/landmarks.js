// Landmarks moved by hand: by dragging in the picture, or a part at a time with buttons.

import { post } from "./api.js";
import { make } from "./sheet.js";

const $ = (id) => document.getElementById(id);
const range = (from, to) => Array.from({ length: to - from }, (_, index) => from + index);
const PARTS = {
  mouth: ["Mouth", range(48, 68)],
  nose: ["Nose", range(27, 36)],
  eyes: ["Both eyes", range(36, 48)],
  "eye-left": ["Eye on the left", range(36, 42)],
  "eye-right": ["Eye on the right", range(42, 48)],
  brows: ["Both brows", range(17, 27)],
  "brow-left": ["Brow on the left", range(17, 22)],
  "brow-right": ["Brow on the right", range(22, 27)],
  jaw: ["Outline of the face", range(0, 17)],
  all: ["Everything", range(0, 68)],
  point: ["A single point", []],
};
const STEP = 1 / 128;
const GROWTH = 1.04;
const LINES = [[0, 17], [17, 22], [22, 27], [27, 31], [31, 36], [36, 42], [42, 48], [48, 60], [60, 68]];
const CLOSED = new Set([36, 42, 48, 60]);

/** Holds found landmarks and how far each was moved; the way stays when the face changes. */
export class Landmarks {
  constructor(canvas, { changed, say }) {
    Object.assign(this, { canvas, changed, say, active: false, found: null });
    this.ink = canvas.getContext("2d");
    this.shift = range(0, 68).map(() => [0, 0]);
    for (const [name, [title]] of Object.entries(PARTS)) $("part").append(make("option", { value: name }, title));
    $("part").onchange = () => this.#show();
    $("point").oninput = () => this.#show();
    canvas.addEventListener("pointerdown", (event) => this.#grab(event));
    canvas.addEventListener("pointermove", (event) => this.#drag(event));
    for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, () => (this.held = null));
  }

  /** The points as they are now. */
  get points() {
    return this.found.map(([x, y], index) => [x + this.shift[index][0], y + this.shift[index][1]]);
  }

  /** The points if any was moved, else null. */
  get moved() {
    if (!this.found || this.shift.every(([x, y]) => !x && !y)) return null;
    return this.points.map((point) => point.map((value) => Math.round(1e6 * Math.min(1.2, Math.max(-0.2, value))) / 1e6));
  }

  get #chosen() {
    const part = $("part").value;
    if (part !== "point") return PARTS[part][1];
    return [Math.min(68, Math.max(1, Math.round($("point").valueAsNumber) || 1)) - 1];
  }

  /** Take up a newly drawn face. wanted: where its points are to be, null as they were found; else they stay moved. */
  async take({ face, guide, landmarks }, wanted) {
    this.found = landmarks;
    if (wanted !== undefined) {
      this.shift = (wanted ?? landmarks).map(([x, y], index) => [x - landmarks[index][0], y - landmarks[index][1]]);
    }
    [this.faceImage, this.guideImage] = await Promise.all([picture(face), picture(guide)]);
    this.guideUrl = guide;
    if (this.moved) await this.#fetch();
    this.changed();
  }

  /** Put all points back where they were found. */
  reset() {
    this.shift = this.shift.map(() => [0, 0]);
    this.say("Landmarks as they were found");
    this.#fetch();
  }

  /** Move or scale the chosen part by one step. */
  nudge(how) {
    if (!this.found) return;
    const [dx, dy] = { left: [-STEP, 0], right: [STEP, 0], up: [0, -STEP], down: [0, STEP] }[how] ?? [0, 0];
    const grow = { larger: GROWTH, smaller: 1 / GROWTH }[how] ?? 1;
    const points = this.points, chosen = this.#chosen;
    const middle = [0, 1].map((axis) => chosen.reduce((sum, index) => sum + points[index][axis], 0) / chosen.length);
    for (const index of chosen) {
      const [x, y] = points[index];
      this.#put(index, middle[0] + (x - middle[0]) * grow + dx, middle[1] + (y - middle[1]) * grow + dy);
    }
    const word = { left: "moved left", right: "moved right", up: "moved up", down: "moved down" }[how] ?? `made ${how}`;
    this.say(`${PARTS[$("part").value][0]} ${word}`);
    this.#fetch();
  }

  #put(index, x, y) {
    this.shift[index] = [x - this.found[index][0], y - this.found[index][1]];
  }

  #at({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    return [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
  }

  #grab(event) {
    if (!this.active || !this.found) return;
    const [x, y] = this.#at(event);
    const far = this.points.map(([px, py]) => Math.hypot(px - x, py - y));
    const nearest = far.indexOf(Math.min(...far));
    if (far[nearest] > 0.1) return;
    if ($("part").value === "point") $("point").value = nearest + 1;
    else if (!this.#chosen.includes(nearest)) $("part").value = partOf(nearest);
    this.#show();
    this.held = [x, y];
    this.canvas.setPointerCapture(event.pointerId);
  }

  #drag(event) {
    if (!this.held) return;
    const [x, y] = this.#at(event), [fromX, fromY] = this.held;
    const points = this.points;
    for (const index of this.#chosen) this.#put(index, points[index][0] + x - fromX, points[index][1] + y - fromY);
    this.held = [x, y];
    this.#fetch();
  }

  /** Have the guide drawn anew; while one is on its way only the newest waits. */
  async #fetch() {
    this.changed();
    if (this.fetching) return (this.late = true);
    this.fetching = true;
    try {
      do {
        this.late = false;
        this.guideUrl = (await post("/api/guide", { landmarks: this.moved ?? this.found })).guide;
        this.guideImage = await picture(this.guideUrl);
        this.changed();
      } while (this.late);
    } catch (error) {
      this.say(error.message || "No connection");
    } finally {
      this.fetching = false;
    }
  }

  #show() {
    $("which").hidden = $("part").value !== "point";
    this.changed();
  }

  /** Draw face, guide (veil 0..1) and points. */
  draw(veil) {
    const { ink, canvas } = this;
    if (canvas.width !== 768) canvas.width = canvas.height = 768;
    canvas.setAttribute("aria-label", "The small face under its guide, with 68 landmarks");
    ink.imageSmoothingEnabled = true;
    ink.drawImage(this.faceImage, 0, 0, 768, 768);
    ink.globalAlpha = veil;
    ink.drawImage(this.guideImage, 0, 0, 768, 768);
    ink.globalAlpha = 1;
    const points = this.points.map(([x, y]) => [768 * x, 768 * y]);
    this.#lines(points);
    const chosen = new Set(this.#chosen);
    points.forEach(([x, y], index) => {
      ink.beginPath();
      ink.arc(x, y, chosen.has(index) ? 8 : 4.5, 0, 7);
      ink.fillStyle = chosen.has(index) ? "#5746e0" : "#fff";
      ink.strokeStyle = chosen.has(index) ? "#fff" : "#1b1b20";
      ink.lineWidth = 2;
      ink.fill();
      ink.stroke();
    });
  }

  #lines(points) {
    const { ink } = this;
    ink.strokeStyle = "rgb(255 255 255 / 0.7)";
    ink.lineWidth = 2;
    for (const [from, to] of LINES) {
      ink.beginPath();
      for (const [x, y] of points.slice(from, to)) ink.lineTo(x, y);
      if (CLOSED.has(from)) ink.closePath();
      ink.stroke();
    }
  }
}

function partOf(point) {
  return Object.keys(PARTS).find((name) => !["eyes", "brows", "all"].includes(name) && PARTS[name][1].includes(point));
}

/** A picture, decoded. */
export async function picture(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}
