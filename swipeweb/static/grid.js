// Triage: many photos at once; tap the bad ones, accept the rest.

import { make, openSheet } from "./sheet.js";

const MANY = 24;

/** Open the grid with the next photos. */
export function openGrid(context) {
  openSheet("Tap the bad ones", "grid", (body, foot, close) => fill(body, foot, close, context));
}

async function fill(body, foot, close, context) {
  const { deck, session, update } = context;
  body.replaceChildren(make("p", { className: "end" }, "Fetching photos"));
  foot.replaceChildren();
  const began = performance.now();
  const items = await deck.take(MANY);
  const dialog = body.closest("dialog");
  const giveBack = () => {
    deck.items.unshift(...items.splice(0));
    update();
  };
  if (!dialog.open) return giveBack();
  dialog.addEventListener("close", giveBack, { once: true });
  update();
  if (!items.length) return body.replaceChildren(make("p", { className: "end" }, "Nothing left to judge here."));
  const bad = new Set();
  const accept = make("button", { type: "button", className: "primary" });
  const tell = () => (accept.textContent = `${items.length - bad.size} good, ${bad.size} bad: store`);
  const cells = items.map((item, index) => cell(item, index, bad, tell));
  body.replaceChildren(make("div", { className: "cells" }, ...cells));
  body.scrollTop = 0;
  tell();
  accept.onclick = () => {
    dialog.removeEventListener("close", giveBack);
    const milliseconds = Math.min(Math.round((performance.now() - began) / items.length), 86400000);
    session.decide(items, (item) => (bad.has(item) ? "bad" : "good"), "grid", { milliseconds, rendition: "grid" });
    deck.fill();
    update();
    fill(body, foot, close, context);
  };
  foot.replaceChildren(accept);
}

function cell(item, index, bad, tell) {
  const button = make("button", { type: "button", className: "cell", ariaPressed: "false" }, item.picture);
  item.picture.alt = `Photo ${index + 1}, bad`;
  button.onclick = () => {
    bad.has(item) ? bad.delete(item) : bad.add(item);
    button.ariaPressed = bad.has(item);
    tell();
  };
  return button;
}
