// The page: which face, which view, and what the painter is doing.

import { get, post, Offline, Refusal, ShutOut } from "./api.js";
import { Controls } from "./controls.js";
import { Easel } from "./easel.js";
import { Landmarks } from "./landmarks.js";
import { Painting } from "./painting.js";

const $ = (id) => document.getElementById(id);
const VIEWS = ["face", "guide", "portrait"];
const STATES = {
  loading: ["", "Drawing a face", "", false],
  unpainted: ["◌", "Not painted yet", "Press Paint: the face is painted large, tile by tile.", false],
  offline: ["⌁", "No connection", "Is swipegan serve still running on the computer?", true],
  error: ["!", "Something is wrong", "", true],
  out: ["⊘", "You are not let in any more", "This link was ended or has expired. Ask for a fresh one.", false],
};

const easel = new Easel($("picture"));
const landmarks = new Landmarks($("picture"), { changed: landmarksChanged, say });
const painting = new Painting({ easel, changed: jobChanged, wish: paintWish, restore, failed: trouble });
let controls; // once the page knows the networks
let view = "face";
let face = null; // what the server drew: face, guide, landmarks, source
let state = "loading"; // of the face: loading, ready, offline, error, out
let asking = false; // a request for a face is on its way
let again = false; // the wish changed meanwhile
let points; // landmarks that the next face is to have (null: as found); undefined: moved as far as they are now

/** The wish of a face, without landmarks. */
const faceWish = () => controls.wish();

/** All that decides the portrait. */
function paintWish() {
  return { ...controls.wish(), landmarks: landmarks.moved, ...controls.painting() };
}

async function start() {
  show("loading");
  try {
    const about = await get("/api/about");
    controls = new Controls(about, faceChanged, showStatus);
    $("runs").textContent = `${about.lowres} + ${about.upres}`;
    $("tab-guide").hidden = !about.guide;
    await draw();
  } catch (error) {
    trouble(error);
  }
}

/** Fetch the face of the wish; while one is on its way only the newest wish waits. */
async function draw() {
  if (asking) return (again = true);
  busy(true);
  do {
    again = false;
    const wanted = points;
    points = undefined;
    try {
      face = await post("/api/face", faceWish());
      await landmarks.take(face, wanted);
      $("mini-face").src = face.face;
      $("mini-face").hidden = false;
      state = "ready";
      refresh();
    } catch (error) {
      trouble(error);
      again = false;
    }
  } while (again);
  busy(false);
}

function busy(on) {
  asking = on;
  $("stage").setAttribute("aria-busy", on);
}

function faceChanged() {
  draw();
  showStatus();
}

function landmarksChanged() {
  $("mini-guide").src = landmarks.guideUrl;
  $("mini-guide").hidden = false;
  document.querySelector("[data-act=reset]").disabled = !landmarks.moved;
  const by = landmarks.moved ? "Moved by hand." : `Found by: ${face.source}.`;
  $("source").textContent = `${by} Drag them in the picture, or move a part with the buttons.`;
  refresh();
}

/** Something failed: say what it is and what to do. */
function trouble(error) {
  state = error instanceof ShutOut ? "out" : error instanceof Offline ? "offline" : "error";
  if (!(error instanceof ShutOut || error instanceof Offline || error instanceof Refusal)) console.error(error);
  STATES.error[2] = error.message;
  if (state === "out") forget();
  refresh();
}

/** Nothing of the pictures stays in a page that is not let in any more. */
function forget() {
  painting.forget();
  face = null;
  for (const name of VIEWS) $(`mini-${name}`).hidden = true;
  easel.clear();
  document.body.classList.add("out");
}

function show(name) {
  const notice = $("notice");
  notice.hidden = !name;
  document.body.dataset.state = name ?? "ready";
  if (!name) return;
  const [sign, title, text, button] = STATES[name];
  notice.dataset.state = name;
  notice.querySelector(".sign").textContent = sign;
  notice.querySelector("h2").textContent = title;
  notice.querySelector("p").textContent = text;
  notice.querySelector("button").hidden = !button;
}

/** Draw what the view shows, and say what the painter does. */
function refresh() {
  if (state !== "ready" || !face) {
    show(state === "ready" ? "loading" : state);
  } else {
    show(view === "portrait" && !painting.hasPicture && !painting.active ? "unpainted" : null);
    if (view === "face") easel.small(landmarks.faceImage, "The small face");
    else if (view === "guide") landmarks.draw($("veil").valueAsNumber / 100);
    else painting.draw(landmarks.faceImage);
  }
  showStatus();
}

function jobChanged() {
  const mini = painting.thumbnail;
  if (mini) $("mini-portrait").src = mini;
  $("mini-portrait").hidden = !mini;
  refresh();
}

function showStatus() {
  const [text, share] = painting.status(JSON.stringify(controls && face ? paintWish() : null));
  document.body.dataset.job = painting.state;
  $("status").textContent = state === "ready" ? text : "";
  $("bar").hidden = share === null;
  $("bar").value = share ?? 0;
  $("paint").textContent = painting.active ? "Cancel" : "Paint";
  $("paint").disabled = state !== "ready" || !face;
  $("paint").dataset.act = painting.active ? "cancel" : "paint";
}

function choose(name, focus = false) {
  view = name;
  document.body.dataset.view = name;
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const chosen = tab.dataset.view === name;
    tab.setAttribute("aria-selected", chosen);
    tab.tabIndex = chosen ? 0 : -1;
    if (chosen && focus) tab.focus();
    $(`panel-${tab.dataset.view}`).hidden = !chosen;
  }
  landmarks.active = name === "guide";
  refresh();
}

/** Take up the wish of a portrait that was painted before. */
async function restore(wish) {
  controls.restore(wish);
  points = wish.landmarks;
  await draw();
}

function say(text) {
  $("live").textContent = text;
}

const ACTIONS = {
  paint: () => {
    choose("portrait");
    painting.start();
  },
  cancel: () => painting.cancel(),
  again: () => (controls ? draw() : start()),
  reset: () => landmarks.reset(),
  "tile-before": () => painting.step(-1),
  "tile-next": () => painting.step(1),
  leave: async () => {
    await post("/api/leave", {}).catch(() => {});
    location.replace("/");
  },
};

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button?.role === "tab" || button?.getAttribute("role") === "tab") choose(button.dataset.view);
  else if (button?.dataset.nudge) landmarks.nudge(button.dataset.nudge);
  else if (button?.dataset.act) (ACTIONS[button.dataset.act] ?? controls?.acts[button.dataset.act])?.();
});

document.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const shown = VIEWS.filter((name) => !$(`tab-${name}`).hidden);
  choose(shown[(shown.indexOf(view) + step + shown.length) % shown.length], true);
  event.preventDefault();
});

$("veil").addEventListener("input", ({ target }) => {
  target.setAttribute("aria-valuetext", `${target.value} % over the face`);
  $("veil-is").textContent = `${target.value} %`;
  refresh();
});

start();
