// The one canvas of the page: small faces enlarged, tiles as they come, portraits, and two of them compared.

/** Draws into `canvas`. */
export class Easel {
  constructor(canvas) {
    Object.assign(this, { canvas, ink: canvas.getContext("2d") });
  }

  /** Make it `size` pixels large and name what it shows. */
  prepare(size, label) {
    if (this.canvas.width !== size) this.canvas.width = this.canvas.height = size;
    this.ink.globalCompositeOperation = "source-over";
    this.ink.globalAlpha = 1;
    this.ink.filter = "none";
    this.ink.imageSmoothingEnabled = true;
    this.ink.imageSmoothingQuality = "high";
    this.canvas.setAttribute("aria-label", label);
  }

  clear() {
    this.ink.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** A small face, enlarged as browsers do. */
  small(image, label, veil = 0) {
    this.prepare(768, label);
    this.ink.drawImage(image, 0, 0, 768, 768);
    if (veil) {
      this.ink.fillStyle = `rgb(16 16 20 / ${veil})`;
      this.ink.fillRect(0, 0, 768, 768);
    }
  }

  /** A portrait on its way: tiles on the veiled small face, the newest framed. */
  tiles(face, strokes, size) {
    this.prepare(size, "The portrait, being painted");
    this.ink.drawImage(face, 0, 0, size, size);
    this.ink.fillStyle = "rgb(16 16 20 / 0.55)";
    this.ink.fillRect(0, 0, size, size);
    for (const { image, left, top, size: side } of strokes) this.ink.drawImage(image, left, top, side, side);
    const last = strokes.at(-1);
    if (last) this.frame(last.left, last.top, last.size);
  }

  frame(left, top, side) {
    const width = Math.max(2, this.canvas.width / 200);
    this.ink.lineWidth = width;
    this.ink.strokeStyle = "#9d91ff";
    this.ink.strokeRect(left + width / 2, top + width / 2, side - width, side - width);
  }

  /** A portrait, beside another one: `how` is off, wipe (share of the other) or difference. */
  portrait(image, other, how, share) {
    const size = image.width;
    this.prepare(size, how === "off" || !other ? "The portrait" : "The portrait, compared with the one before");
    this.ink.drawImage(image, 0, 0, size, size);
    if (!other || how === "off") return;
    if (how === "wipe") {
      const part = Math.round(size * share);
      this.ink.save();
      this.ink.beginPath();
      this.ink.rect(0, 0, part, size);
      this.ink.clip();
      this.ink.drawImage(other, 0, 0, size, size);
      this.ink.restore();
      this.ink.fillStyle = "#fff";
      this.ink.fillRect(part - size / 400, 0, size / 200, size);
      return;
    }
    this.ink.globalCompositeOperation = "difference";
    this.ink.drawImage(other, 0, 0, size, size);
    this.ink.globalCompositeOperation = "lighter"; // eight times brighter, or small changes hide
    for (let doubled = 0; doubled < 3; doubled++) this.ink.drawImage(this.canvas, 0, 0);
    this.ink.globalCompositeOperation = "source-over";
  }
}
