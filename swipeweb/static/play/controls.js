// What decides the face and how it is painted, as controls of the page.

import { make } from "./sheet.js";

const $ = (id) => document.getElementById(id);
const WORDS = {
  light: ["Light", "darker", "lighter"],
  warmth: ["Colour", "cooler", "warmer"],
  backdrop: ["Backdrop", "darker", "lighter"],
  hair: ["Hair", "darker", "lighter"],
  turn: ["Turn", "left", "right"],
  smile: ["Smile", "less", "more"],
};
const NAMES = { none: "one painting", flip: "the better of 2", article: "the best of 6", grid: "the best of 18" };
const FREE = 3; // where the slider of truncation means: as it comes
const SEEDS = 1_000_000;

/** Reads and shows the parts of a wish; `faceChanged` hears of another face, `changed` of another way to paint. */
export class Controls {
  constructor(about, faceChanged, changed) {
    Object.assign(this, { about, faceChanged });
    this.sliders = about.directions.map((direction) => this.#slider(direction));
    for (const [name, count] of Object.entries(about.candidates)) {
      $("candidates").append(make("option", { value: name }, NAMES[name] ?? `the best of ${count}`));
    }
    for (const size of about.sizes) $("size").append(make("option", { value: size }, `${size} × ${size}`));
    $("size").value = about.size;
    $("faithful").checked = about.defaults.faithful;
    $("candidates").value = about.defaults.candidates ?? (about.defaults.faithful ? "article" : "none");
    $("faithful").onchange = ({ target }) => {
      $("candidates").value = target.checked ? "article" : "none";
      changed();
    };
    for (const name of ["candidates", "size"]) $(name).onchange = changed;
    $("seed").value = sessionStorage.getItem("seed") ?? Math.floor(Math.random() * SEEDS);
    for (const name of ["seed", "other", "share", "truncation"]) $(name).oninput = () => this.#changed();
    this.acts = {
      less: () => this.#seed(Math.max(0, this.seed - 1)),
      more: () => this.#seed(this.seed + 1),
      dice: () => this.#seed(Math.floor(Math.random() * SEEDS)),
      unmoved: () => this.#unmove(),
    };
    this.#tell();
  }

  get seed() {
    return whole($("seed"));
  }

  #slider({ name, most }) {
    const [title, low, high] = WORDS[name] ?? [name, "less", "more"];
    const id = `way-${name}`;
    const input = make("input", { type: "range", id, min: -most, max: most, step: most / 30, value: 0 });
    const says = () => (Math.abs(input.valueAsNumber) < 1e-9 ? "as it is" : input.valueAsNumber < 0 ? low : high);
    const output = make("output", { htmlFor: id });
    input.oninput = () => this.#changed();
    input.tell = () => {
      input.setAttribute("aria-valuetext", `${says()} ${Math.round((100 * Math.abs(input.valueAsNumber)) / most)} %`);
      output.textContent = says();
    };
    $("directions").append(make("div", { className: "slider" }, make("label", { htmlFor: id }, title), input, output));
    return input;
  }

  #seed(seed) {
    $("seed").value = seed;
    this.#changed();
  }

  #unmove() {
    for (const slider of this.sliders) slider.value = 0;
    $("share").value = 0;
    this.#changed();
  }

  #changed() {
    sessionStorage.setItem("seed", this.seed);
    this.#tell();
    this.faceChanged();
  }

  #tell() {
    for (const slider of this.sliders) slider.tell();
    tell("share", `${$("share").value} %`);
    tell("truncation", this.#truncation === null ? "as it comes" : `${this.#truncation.toFixed(1)} σ`);
  }

  get #truncation() {
    const value = $("truncation").valueAsNumber;
    return value >= FREE ? null : Math.round(10 * value) / 10;
  }

  /** Which face it is. */
  wish() {
    const share = $("share").valueAsNumber / 100;
    return {
      seed: this.seed,
      toward: share ? { seed: whole($("other")), share } : null,
      along: this.sliders.map((slider) => Math.round(1000 * slider.valueAsNumber) / 1000 || 0),
      truncation: this.#truncation,
    };
  }

  /** How it is painted. */
  painting() {
    const size = Number($("size").value);
    const faithful = $("faithful").checked;
    const usual = faithful ? "article" : "none";
    const candidates = $("candidates").value;
    const asked = candidates === usual && !this.about.defaults.candidates ? null : candidates;
    return { candidates: asked, faithful, size: size === this.about.size ? null : size };
  }

  /** Show a wish of before. */
  restore(wish) {
    $("seed").value = wish.seed;
    $("share").value = 100 * (wish.toward?.share ?? 0);
    if (wish.toward) $("other").value = wish.toward.seed;
    this.sliders.forEach((slider, index) => (slider.value = wish.along[index]));
    $("truncation").value = wish.truncation ?? FREE;
    $("faithful").checked = wish.faithful;
    $("candidates").value = wish.candidates ?? (wish.faithful ? "article" : "none");
    $("size").value = wish.size ?? this.about.size;
    this.#tell();
  }
}

function tell(name, text) {
  $(name).setAttribute("aria-valuetext", text);
  $(`${name}-is`).textContent = text;
}

function whole(input) {
  const value = Math.floor(input.valueAsNumber);
  return value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : 0;
}
