// Binds a Gesture to the stage's pointer events and does what it says.

import { settings } from "./store.js";

const VERDICTS = { right: "good", left: "bad", up: "skip" };

/** Listen to fingers, pens and the mouse on `stage`. */
export function touch(stage, gesture, { act, drag, settle, cards, zoom, peek, why, deck }) {
  let waiting = 0, due = null, tapping = 0;

  const point = (event) => ({ id: event.pointerId, x: event.clientX, y: event.clientY, t: event.timeStamp });

  function obey(intent) {
    if (intent.kind !== "why" && intent.kind !== "nothing") why.hide();
    const does = {
      drag: () => drag(intent.dx, intent.dy, intent.lean),
      why: () => asked(intent),
      swipe: () => swiped(intent),
      cancel: settle,
      hold: () => peek.show(deck.current),
      release: () => peek.hide(),
      pinch: () => pinched(intent),
      pan: () => zoom.pan(intent.dx, intent.dy),
      tap: () => tapped(intent),
      doubletap: () => doubleTapped(intent),
    }[intent.kind];
    does?.();
    if (intent.kind === "cancel") peek.hide();
    watch();
  }

  /** Come back when a resting finger means something. */
  function watch() {
    if (due === gesture.due) return;
    due = gesture.due;
    clearTimeout(waiting);
    if (due !== null) waiting = setTimeout(rested, due - performance.now());
  }

  /** A busy page is late: what the finger did meanwhile comes with the next frame, and counts first. */
  function rested() {
    requestAnimationFrame(() => setTimeout(() => {
      due = null;
      obey(gesture.wait(performance.now()));
    }));
  }

  function swiped({ to, dx, dy, reason }) {
    if (to === "down") settle();
    const card = cards.top;
    act(to === "down" ? "undo" : VERDICTS[to], "swipe", { dx, dy, reason });
    if (cards.top === card) settle();
  }

  function asked({ dx, dy, y, above, reason }) {
    drag(dx, dy, "left");
    why.show(y, above, reason);
  }

  function pinched({ scale, x, y, dx, dy }) {
    zoom.by(cards.top, scale, x, y);
    if (zoom.on) zoom.pan(dx, dy);
  }

  function tapped({ x, y }) {
    if (zoom.on) return;
    if (settings.mode === "zones") return act(zone(x, y), "tap");
    if (settings.tap === "skip") tapping = setTimeout(() => act("skip", "tap"), gesture.rules.double);
  }

  function doubleTapped({ x, y }) {
    clearTimeout(tapping);
    if (settings.mode === "zones" && !zoom.on) return tapped({ x, y });
    zoom.toggle(cards.top, x, y);
  }

  /** The upper quarter skips, the left half of the rest is bad, the right half good. */
  function zone(x, y) {
    const box = stage.getBoundingClientRect();
    if (y < box.top + box.height / 4) return "skip";
    return x < box.left + box.width / 2 ? "bad" : "good";
  }

  stage.addEventListener("pointerdown", (event) => {
    if (event.button || event.target.closest("button, a")) return;
    stage.setPointerCapture(event.pointerId);
    obey(gesture.down(point(event)));
  });
  stage.addEventListener("pointermove", (event) => {
    const between = event.getCoalescedEvents?.() ?? [];
    for (const one of between.slice(0, -1)) gesture.move(point(one));
    obey(gesture.move(point(event)));
  });
  stage.addEventListener("pointerup", (event) => {
    clearTimeout(waiting);
    obey(gesture.up(point(event)));
  });
  for (const kind of ["pointercancel", "lostpointercapture"]) {
    stage.addEventListener(kind, (event) => obey(gesture.cancel(point(event))));
  }
  stage.addEventListener("contextmenu", (event) => event.preventDefault());
  stage.addEventListener("dragstart", (event) => event.preventDefault());
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !zoom.on) return;
    event.preventDefault();
    zoom.by(cards.top, Math.exp(-event.deltaY / 300), event.clientX, event.clientY);
  }, { passive: false });
}
