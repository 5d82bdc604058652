// What the stage says when there is no photo on it.

const STATES = {
  loading: ["", "Fetching photos", "", null],
  empty: ["∅", "No photos yet", "Scan a folder on the computer: swipegan scan FOLDER. They appear here by themselves.", ["retry", "Look again"]],
  finished: ["✓", "All done", "Every photo has its verdict. Thank you.", ["history", "Look back"]],
  waiting: ["◔", "The rest is on other phones", "What they do not finish comes back here by itself.", ["retry", "Look again"]],
  offline: ["⌁", "No connection", "Your verdicts are safe on this phone and are sent as soon as the computer is in reach. Keep this page open.", ["retry", "Try again"]],
  error: ["!", "Something is wrong", "", ["retry", "Try again"]],
  out: ["⊘", "You are not let in any more", "This link was ended or has expired; the photos were removed from this phone. Ask for a fresh link.", null],
};

/** Fill `notice` for the deck's state, or hide it where a photo is shown (deck null). */
export function showState(notice, deck, outbox) {
  notice.hidden = !deck;
  if (!deck) return;
  const waits = deck.state === "ready" || deck.state === "loading"; // for photos that it knows of or asked for
  const name = waits ? (outbox.offline || !navigator.onLine ? "offline" : "loading") : deck.state;
  if (notice.dataset.state === name && name !== "error") return;
  notice.dataset.state = name;
  const [sign, title, text, button] = STATES[name];
  notice.querySelector(".sign").textContent = sign;
  notice.querySelector("h2").textContent = title;
  notice.querySelector("p").textContent = name === "error" ? deck.error : text;
  const action = notice.querySelector("button");
  action.hidden = !button;
  if (button) [action.dataset.act, action.textContent] = button;
}
