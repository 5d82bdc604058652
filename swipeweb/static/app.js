// The page: joins the parts and says what is going on.

import { Cards, DIRECTIONS } from "./cards.js";
import { Deck } from "./deck.js";
import { Gesture } from "./gestures.js";
import { openGrid } from "./grid.js";
import { openHistory } from "./history.js";
import { keyName, keyOf, listen } from "./keys.js";
import { openMenu } from "./menu.js";
import { Outbox } from "./outbox.js";
import { afterPaint, write } from "./paint.js";
import { Session, standing } from "./session.js";
import { showState } from "./states.js";
import { Store, settings } from "./store.js";
import { touch } from "./touch.js";
import { Why } from "./why.js";
import { Peek, Zoom, release } from "./zoom.js";

const $ = (id) => document.getElementById(id);
const { person, role } = document.body.dataset;
const BOUNCE = 40; // milliseconds between two presses that are meant
const PRACTICE = 5; // verdicts of a visit with hints
const MOST = 3; // presses that wait for their photo
export const REASONS = ["blurry", "drawing", "halftone", "artifact", "occluded", "other"];

const store = await new Store(person).open();
const outbox = new Outbox(store, () => {
  $("unsent").dataset.count = outbox.unsent.length; // at once: the count is a promise
  update();
});
const deck = new Deck(store, outbox, update);
const session = new Session(deck, outbox);
const cards = new Cards($("stage"), $("glow"));
const zoom = new Zoom((on) => {
  gesture.zoomed = on;
  document.body.classList.toggle("zooming", on);
});
const peek = new Peek($("peek"));
const why = new Why($("why"), [...document.querySelectorAll("#reasons button")].map((chip) => chip.textContent));
const gesture = new Gesture(innerWidth, innerHeight);
let shown = { id: null }; // the photo on top: since when, and whether it has been on the screen
let pressed = -Infinity; // when a verdict was last asked for
const presses = [];
let due = false; // whether the page is to be brought up to date soon
let reasonFor = null; // the entry whose reason may still be given

session.load(await outbox.load());
await deck.load(new Set(session.past.map((entry) => entry.item.id)));
deck.fill();
touch($("stage"), gesture, { act, drag, settle, cards, zoom, peek, why, deck });
listen(act);
for (const button of document.querySelectorAll("[data-act]")) {
  button.addEventListener("click", ({ timeStamp: time }) => act(button.dataset.act, "button", { time }));
}
for (const chip of document.querySelectorAll("#reasons button")) {
  chip.addEventListener("pointerup", () => reason(chip.dataset.reason));
  chip.addEventListener("keydown", (event) => (event.key === "Enter" || event.key === " ") && reason(chip.dataset.reason));
}
document.addEventListener("settings", applySettings);
applySettings();
update();
if (window.isSecureContext) navigator.serviceWorker?.register("/sw.js").catch(() => {});

/** Judge the photo on top. A press that is faster than the page waits until its photo has been on the screen; a page
 * that goes meanwhile forgets it, and the photo comes again: nobody judges what they did not see. */
function decide(verdict, how, from) {
  const time = from?.time ?? performance.now();
  if (time - pressed < BOUNCE || !cards.top) return;
  pressed = time;
  if (shown.seen) judge(verdict, how, from);
  else if (presses.length < MOST) presses.push([verdict, how, from]);
}

function judge(verdict, how, from, begun = "idle") {
  const item = deck.current;
  if (!item || cards.top?.item !== item) return;
  const reason = REASONS[from?.reason];
  const { naturalWidth: width, naturalHeight: height } = item.picture;
  const rendition = `${item.looked ?? "face"} ${width}x${height} on ${gesture.width}x${gesture.height}`;
  const milliseconds = Math.min(Math.round(performance.now() - shown.at), 86400000);
  const [entry] = session.decide([item], () => verdict, how, { milliseconds, rendition, reason });
  if (zoom.on) zoom.reset();
  if (peek.on) peek.hide();
  cards.leave(verdict, from);
  deck.advance();
  show(false, begun);
  if (settings.buzz) navigator.vibrate?.(verdict === "skip" ? 6 : 12);
  afterPaint(() => {
    offerReasons(verdict === "bad" && !reason ? entry : null);
    deck.fill();
    update();
    say(verdict);
    release(item);
    session.forget();
  });
}

/** The photo on top is on the screen: now it can be judged. */
function seen() {
  Object.assign(shown, { seen: true, at: performance.now() });
  const press = presses.shift();
  if (press) judge(...press, gesture.state); // what was begun since is meant for the next photo
}

function undo(how) {
  if (presses.pop()) return say("taken back"); // the newest one, which still waited for its photo
  const entry = session.undo(how);
  if (!entry) return say("nothing to undo");
  offerReasons(null);
  zoom.reset();
  deck.back(entry.item);
  session.remember((item) => deck.want(item));
  show(true);
  update();
  cards.arrive(standing(entry));
  say("taken back");
}

/** Do what a key, a button or a gesture asks for. */
function act(action, how = "key", from) {
  if (action in DIRECTIONS) decide(action, how, from);
  else if (action === "undo") undo(how);
  else if (action === "zoom") zoom.toggle(cards.top, innerWidth / 2, innerHeight / 2);
  else if (action === "whole") peek.on ? peek.hide() : peek.show(deck.current);
  else if (action.startsWith("reason")) reason(REASONS[action.at(-1) - 1]);
  else if (action === "grid") openGrid(context);
  else if (action === "history") openHistory(context);
  else if (action === "menu") openMenu(context);
  else if (action === "retry") retry();
  else if (action === "escape") zoom.on ? zoom.reset() : peek.hide();
}

const context = { store, outbox, deck, session, update, undo, role, person, say };

function retry() {
  outbox.flush();
  deck.state = "loading";
  deck.retry();
  update();
}

/** Show the reasons for a moment, out of the way. */
function offerReasons(entry) {
  reasonFor = settings.reasons ? entry : null;
  document.body.classList.toggle("asking", Boolean(reasonFor));
}

function reason(name) {
  if (!reasonFor) return;
  session.change(reasonFor, "bad", "button", name);
  offerReasons(null);
  say(`bad: ${name}`);
}

function drag(dx, dy, lean) {
  cards.drag(dx, dy, lean, gesture.nearness(dx, dy));
}

function settle() {
  cards.settle();
}

/** Put the photo on top that is to be judged now; a gesture that was begun on another one means nothing. */
function show(complete, begun = "idle") {
  cards.show(deck.items, complete);
  const top = cards.top?.item ?? null;
  if (top && shown.id !== top.id) {
    const one = { id: top.id, at: performance.now(), seen: false };
    shown = one;
    afterPaint(() => shown === one && seen());
    if (gesture.state !== begun) gesture.rest();
  }
  if (!top) {
    shown = { id: null };
    presses.length = 0;
  }
  return top;
}

/** Bring the page up to date with what the parts know, once for all that happens within a frame. */
function update() {
  if (due) return;
  due = true;
  afterPaint(refresh);
}

function refresh() {
  due = false;
  session.progress = newest(outbox, deck) ?? session.progress;
  const top = show(true);
  if (deck.state === "out" || outbox.shutOut) shutOut();
  showState($("notice"), top ? null : deck, outbox);
  showProgress();
  showUnsent();
  showLesson();
  $("undo").disabled = !session.past.length;
  for (const button of document.querySelectorAll("[data-needs=photo]")) button.disabled = !top;
  document.body.classList.toggle("offline", outbox.offline || deck.state === "offline");
  if (deck.stored.size && !deck.along && !outbox.unsent.length && !$("sheet").open) deck.wipe();
}

function newest(outbox, deck) {
  const found = outbox.progress ?? deck.progress;
  outbox.progress = deck.progress = null;
  return found;
}

function showProgress() {
  const { done, total } = session.counted();
  const rate = session.rate();
  write($("done"), done.toLocaleString());
  write($("total"), total.toLocaleString());
  $("done").parentElement.style.visibility = total ? "" : "hidden";
  $("bar").value = total ? done / total : 0;
  const left = rate ? clock((total - done) / rate) : "";
  write($("pace"), rate && done < total ? `${Math.round(rate)}/min, ${left} left` : "");
}

/** What the labels taught, once a person is past needing the hints. */
function showLesson() {
  const lesson = session.moments.length > PRACTICE ? session.progress?.lesson ?? "" : "";
  write($("lesson"), lesson);
  $("lesson").hidden = !lesson;
  $("hint").hidden = Boolean(lesson);
}

function clock(minutes) {
  if (minutes < 1.5) return "1 min";
  if (minutes < 90) return `${Math.round(minutes)} min`;
  return `${Math.round(minutes / 6) / 10} h`;
}

function showUnsent() {
  const count = outbox.unsent.length;
  const stuck = outbox.offline || (outbox.shutOut && count > 0);
  $("unsent").dataset.count = count;
  $("unsent").dataset.state = stuck ? "offline" : count > 20 ? "busy" : "saved";
  write($("unsent"), stuck || count > 20 ? `${count} unsent` : count ? "Saving" : "Saved");
  $("unsent").title = `${count} verdicts not stored yet`;
}

/** This browser is not let in any more: nothing of the photos stays on it. */
async function shutOut() {
  if (document.body.classList.contains("out")) return;
  document.body.classList.add("out");
  deck.state = "out";
  deck.items = [];
  session.past.forEach((entry) => release(entry.item));
  cards.clear();
  await deck.wipe();
  update();
}

function say(text) {
  const { done, total } = session.counted();
  $("live").textContent = `${text}. ${done} of ${total}.`;
}

function applySettings() {
  gesture.reasons = settings.reasons ? REASONS.length : 0;
  document.body.classList.toggle("left-handed", settings.hand === "left");
  document.body.classList.toggle("zones", settings.mode === "zones");
  for (const cap of document.querySelectorAll("kbd[data-key]")) cap.textContent = keyName(keyOf(cap.dataset.key));
}

addEventListener("resize", () => {
  Object.assign(gesture, { width: innerWidth, height: innerHeight });
  gesture.rest();
  settle();
  zoom.reset();
});
