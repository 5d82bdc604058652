// Single keys for everything; each can be changed in the settings.

import { settings } from "./store.js";

export const KEYS = {
  good: "ArrowRight",
  bad: "ArrowLeft",
  skip: "ArrowUp",
  undo: "ArrowDown",
  zoom: "z",
  whole: " ",
  grid: "g",
  history: "h",
  menu: "m",
};

const ALSO = { Backspace: "undo", u: "undo", d: "good", a: "bad", w: "skip" };

/** The key of an action as set on this phone. */
export const keyOf = (action) => settings.keys[action] ?? KEYS[action];

/** How a key is written on a button. */
export function keyName(key) {
  const names = { ArrowRight: "→", ArrowLeft: "←", ArrowUp: "↑", ArrowDown: "↓", " ": "Space", Backspace: "⌫" };
  return names[key] ?? key.toUpperCase();
}

/** Call `act(action)` for every key press that means one; a held key means one press. */
export function listen(act) {
  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || target.closest("dialog, input, select")) return;
    if ((key === " " || key === "Enter") && target.closest("button")) return;
    const set = Object.keys(KEYS).find((action) => keyOf(action).toLowerCase() === key.toLowerCase());
    const taken = Object.values(settings.keys).includes(key);
    const action = set ?? (/^[1-6]$/.test(key) ? `reason${key}` : taken ? null : ALSO[key]) ?? (key === "Escape" && "escape");
    if (!action) return;
    event.preventDefault();
    act(action, "key", { time: event.timeStamp });
  });
}
