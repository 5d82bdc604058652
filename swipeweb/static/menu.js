// Settings, taking photos along, keys, and leaving.

import { get, post } from "./api.js";
import { KEYS, keyName, keyOf } from "./keys.js";
import { make, openSheet } from "./sheet.js";
import { settings } from "./store.js";

const NAMES = {
  good: "Good",
  bad: "Bad",
  skip: "Skip",
  undo: "Undo",
  zoom: "Zoom",
  whole: "Whole photo",
  grid: "Grid",
  history: "History",
  menu: "Menu",
};

/** Open the menu. */
export function openMenu(context) {
  openSheet(context.person, "menu", (body) => {
    body.append(
      places(context),
      choice("Judge by", "mode", { swipe: "Swiping", zones: "Tapping: left bad, right good, top skip" }),
      choice("A tap", "tap", { nothing: "does nothing", skip: "skips" }),
      choice("Hand", "hand", { right: "Right", left: "Left" }),
      choice("Pictures", "size", { auto: "As the line allows", l: "Large", s: "Small" }),
      toggle("Ask why a photo is bad", "reasons"),
      toggle("Vibrate", "buzz"),
      along(context),
      keys(),
      leave(context),
    );
    tell(body, context);
  });
}

function places({ role }) {
  const button = (act, text) => make("button", { type: "button", dataset: { go: act } }, text);
  const row = make("div", { className: "places" }, button("history", "History"), button("grid", "Grid"));
  row.onclick = ({ target }) => {
    if (!target.dataset.go) return;
    document.querySelector(`[data-act=${target.dataset.go}]`).click();
  };
  if (role !== "labeler") row.append(make("a", { href: "/review", className: "button" }, "Contested photos"));
  return row;
}

async function tell(body, { session }) {
  const line = make("p", { className: "note" });
  body.prepend(line);
  try {
    const { yours, lesson } = await get("/api/progress");
    line.textContent = `Yours: ${yours.good} good, ${yours.bad} bad, ${yours.skip} skipped. ${lesson ?? ""}`;
  } catch {
    line.textContent = `${session.past.length} verdicts on this phone.`;
  }
}

function choice(title, name, options) {
  const select = make("select", { id: `set-${name}` });
  for (const [value, text] of Object.entries(options)) select.append(make("option", { value }, text));
  select.value = settings[name];
  select.onchange = () => settings.set(name, select.value);
  return make("label", { className: "setting" }, make("span", {}, title), select);
}

function toggle(title, name) {
  const box = make("input", { type: "checkbox", checked: settings[name] });
  box.onchange = () => settings.set(name, box.checked);
  return make("label", { className: "setting" }, make("span", {}, title), box);
}

function along({ deck, outbox }) {
  const number = make("input", { type: "number", min: 10, max: 1000, value: 200, ariaLabel: "How many photos" });
  const button = make("button", { type: "button" }, "Take along");
  const note = make("p", { className: "note" }, deck.along ? `${deck.along} photos are on this phone.` : explain());
  button.onclick = async () => {
    button.disabled = true;
    note.textContent = "Fetching photos";
    const report = (there, total) => (note.textContent = `${there} of ${total} photos are on this phone.`);
    const count = await deck.takeAlong(Number(number.value) || 200, 24, report);
    note.textContent = `${count} photos are on this phone for 24 hours. ${explain()}`;
    button.disabled = false;
  };
  return make("section", {}, make("h3", {}, "For the way"), make("div", { className: "along" }, number, button), note);
}

function explain() {
  return window.isSecureContext
    ? "They can be judged without a network, also after a reload."
    : "They can be judged without a network as long as this page stays open.";
}

function keys() {
  const rows = Object.keys(KEYS).map((action) => {
    const button = make("button", { type: "button", className: "key" }, keyName(keyOf(action)));
    button.ariaLabel = `Key for ${NAMES[action]}: ${button.textContent}`;
    button.onclick = () => learn(button, action);
    return make("div", { className: "setting" }, make("span", {}, NAMES[action]), button);
  });
  return make("details", {}, make("summary", {}, "Keys"), ...rows);
}

function learn(button, action) {
  button.textContent = "Press a key";
  const heard = (event) => {
    event.preventDefault();
    event.stopPropagation();
    removeEventListener("keydown", heard, true);
    const taken = Object.keys(KEYS).some((other) => other !== action && keyOf(other) === event.key);
    if (event.key !== "Escape" && !taken) settings.set("keys", { ...settings.keys, [action]: event.key });
    button.textContent = taken ? "Taken" : keyName(keyOf(action));
  };
  addEventListener("keydown", heard, true);
}

function leave({ deck, outbox, store }) {
  const button = make("button", { type: "button", className: "quiet" }, "Leave and remove everything from this phone");
  button.onclick = async () => {
    if (outbox.unsent.length) await outbox.flush();
    if (outbox.unsent.length && !confirm(`${outbox.unsent.length} verdicts are not stored yet and would be lost. Leave?`)) return;
    await deck.wipe();
    await store.clear("events").catch(() => {});
    await post("/api/leave", {}).catch(() => {});
    location.replace("/");
  };
  return button;
}
