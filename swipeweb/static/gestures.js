// From pointer events to what a person meant. `Gesture` knows no page: it is fed positions and times and answers with
// intents, so that every rule can be tried without a screen.

export const RULES = {
  edge: 24, // a start so near the side belongs to the system's own back gesture
  slop: 10, // px that a resting finger moves
  share: 0.26, // of the width: a drag that far decides
  most: 130, // px, on wide screens
  flick: 44, // px that a fast swipe needs at least
  speed: 0.45, // px a millisecond that makes it fast
  back: 0.12, // px a millisecond towards the start that takes it back
  slant: 1.6, // how much longer the main direction must be than the other
  hold: 380, // milliseconds until a resting finger shows the whole picture
  dwell: 260, // milliseconds that a finger rests on the left to be asked why
  row: 44, // px up or down from one reason to the next
  tap: 280, // milliseconds that a tap lasts at most
  double: 300, // milliseconds between two taps
};

const NOTHING = { kind: "nothing" };

/** One finger's (or two fingers') way over the picture. */
export class Gesture {
  constructor(width, height, rules = RULES) {
    Object.assign(this, { width, height, rules, fingers: new Map(), zoomed: false, reasons: 0 });
    this.rest();
  }

  /** The picture or the screen changed: what was begun means nothing. */
  rest() {
    this.state = "idle";
    this.fingers.clear();
    this.trail = [];
  }

  down({ id, x, y, t }) {
    this.fingers.set(id, { x, y });
    if (this.fingers.size === 2 && this.state !== "dead") return this.#second();
    if (this.fingers.size > 1) return this.#die();
    this.start = this.still = { x, y, t };
    this.trail = [{ x, y, t }];
    this.reach = { left: 0, right: 0, up: 0, down: 0 };
    const edge = !this.zoomed && (x < this.rules.edge || x > this.width - this.rules.edge);
    this.state = edge ? "dead" : this.zoomed ? "pan" : "down";
    return edge ? NOTHING : { kind: "down" };
  }

  #second() {
    const spoiled = ["drag", "hold", "why"].includes(this.state);
    this.state = "pinch";
    this.pinch = this.#spread();
    return { kind: spoiled ? "cancel" : "nothing" };
  }

  #die() {
    this.state = "dead";
    return { kind: "cancel" };
  }

  move({ id, x, y, t }) {
    const before = this.fingers.get(id);
    if (!before) return NOTHING;
    this.fingers.set(id, { x, y });
    if (this.state === "pinch") return this.#pinched();
    if (this.state === "pan") return { kind: "pan", dx: x - before.x, dy: y - before.y };
    if (!["down", "drag", "why"].includes(this.state)) return NOTHING;
    this.trail.push({ x, y, t });
    if (Math.hypot(x - this.still.x, y - this.still.y) > this.rules.slop) this.still = { x, y, t };
    const dx = x - this.start.x, dy = y - this.start.y;
    this.reach.right = Math.max(this.reach.right, dx);
    this.reach.left = Math.max(this.reach.left, -dx);
    this.reach.down = Math.max(this.reach.down, dy);
    this.reach.up = Math.max(this.reach.up, -dy);
    if (this.state === "down" && Math.hypot(dx, dy) < this.rules.slop) return NOTHING;
    if (this.state === "why" && dx < -this.enough / 2) return this.#asked(dx, dy, y);
    this.state = "drag";
    return { kind: "drag", dx, dy, lean: this.lean(dx, dy) };
  }

  /** px that a drag needs to decide. */
  get enough() {
    return Math.min(this.rules.share * this.width, this.rules.most);
  }

  /** When `wait` is worth asking: while a finger rests where resting means something; else null. */
  get due() {
    if (this.state === "down") return this.start.t + this.rules.hold;
    if (this.state !== "drag" || !this.reasons) return null;
    const { x, y } = this.trail.at(-1);
    const dx = x - this.start.x, dy = y - this.start.y;
    return -dx >= this.enough && this.lean(dx, dy) === "left" ? this.still.t + this.rules.dwell : null;
  }

  /** Time passes: a finger that rests wants to see the whole picture, or on the left to say why. */
  wait(t) {
    if (this.due === null || t < this.due) return NOTHING;
    if (this.state === "down") {
      this.state = "hold";
      return { kind: "hold" };
    }
    const { x, y } = this.trail.at(-1);
    this.state = "why";
    this.asked = { y, ...this.#rows(y) };
    return this.#asked(x - this.start.x, y - this.start.y, y);
  }

  /** How many reasons have room above and below height y; half of them below where there is room. */
  #rows(y) {
    const room = (space) => Math.max(Math.floor(space / this.rules.row - 0.5), 0);
    const below = Math.min(Math.max(Math.floor(this.reasons / 2), this.reasons - room(y)), room(this.height - y));
    return { above: this.reasons - below, below };
  }

  /** The finger is among the reasons: which one, counted from the top, or null at the height where it rested. */
  #asked(dx, dy, y) {
    const { above, below } = this.asked;
    const row = Math.min(Math.max(Math.round((y - this.asked.y) / this.rules.row), -above), below);
    this.reason = row ? above + row - (row > 0) : null;
    return { kind: "why", dx, dy, y: this.asked.y, above, reason: this.reason };
  }

  up({ id, x, y, t }) {
    if (!this.fingers.delete(id)) return NOTHING;
    const state = this.state;
    if (this.fingers.size) {
      if (state === "pinch") this.state = this.zoomed ? "pan" : "dead";
      return NOTHING;
    }
    this.state = "idle";
    if (state === "hold") return { kind: "release" };
    if (state === "down" || state === "pan") return this.#tapped(x, y, t);
    const dx = x - this.start.x, dy = y - this.start.y;
    if (state === "why") return { kind: "swipe", to: "left", dx, dy, reason: this.reason };
    if (state !== "drag") return NOTHING;
    this.trail.push({ x, y, t });
    const meant = this.meant(dx, dy);
    return meant ? { kind: "swipe", to: meant, dx, dy, ...this.velocity() } : { kind: "cancel" };
  }

  cancel({ id }) {
    if (!this.fingers.has(id)) return NOTHING;
    this.rest();
    return { kind: "cancel" };
  }

  #tapped(x, y, t) {
    const moved = Math.hypot(x - this.start.x, y - this.start.y) >= this.rules.slop;
    if (moved || t - this.start.t > this.rules.tap) return NOTHING;
    const last = this.lastTap;
    const twice = last && t - last.t < this.rules.double && Math.hypot(x - last.x, y - last.y) < 40;
    this.lastTap = twice ? null : { x, y, t };
    return { kind: twice ? "doubletap" : "tap", x, y };
  }

  #spread() {
    const [one, other] = [...this.fingers.values()];
    const distance = Math.hypot(one.x - other.x, one.y - other.y);
    return { distance, x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
  }

  #pinched() {
    const before = this.pinch, now = this.#spread();
    this.pinch = now;
    const scale = now.distance / Math.max(before.distance, 1);
    return { kind: "pinch", scale, x: now.x, y: now.y, dx: now.x - before.x, dy: now.y - before.y };
  }

  /** px a millisecond over the last moment. */
  velocity(within = 90) {
    const last = this.trail.at(-1);
    const first = this.trail.find((point) => last.t - point.t <= within) ?? this.trail[0];
    const time = Math.max(last.t - first.t, 1);
    return { vx: (last.x - first.x) / time, vy: (last.y - first.y) / time };
  }

  /** The direction of a way that is clear enough, or null. */
  lean(dx, dy) {
    if (Math.abs(dx) > this.rules.slant * Math.abs(dy)) return dx > 0 ? "right" : "left";
    if (Math.abs(dy) > this.rules.slant * Math.abs(dx)) return dy > 0 ? "down" : "up";
    return null;
  }

  /** Where a drag that ended at dx, dy was meant to go, or null. */
  meant(dx, dy) {
    const to = this.lean(dx, dy);
    if (!to) return null;
    const opposite = { left: "right", right: "left", up: "down", down: "up" }[to];
    if (this.reach[opposite] > 30) return null; // went there first: a bounce, or a change of mind
    const far = to === "left" || to === "right" ? Math.abs(dx) : Math.abs(dy);
    const along = ({ vx, vy }) => ({ left: -vx, right: vx, up: -vy, down: vy })[to];
    const { vx, vy } = this.velocity();
    const speed = along({ vx, vy });
    if (along(this.velocity(45)) < -this.rules.back || far < this.reach[to] - 60) return null; // on the way back
    const across = to === "left" || to === "right" ? Math.abs(vy) : Math.abs(vx);
    const fast = far >= this.rules.flick && speed >= this.rules.speed && speed > across;
    return far >= this.enough || fast ? to : null;
  }

  /** 0..1: how near a drag is to deciding. */
  nearness(dx, dy) {
    return Math.min(Math.max(Math.abs(dx), Math.abs(dy)) / this.enough, 1);
  }
}
