// Everything this person judged, newest first; any verdict can be changed with one more tap.

import { get } from "./api.js";
import { standing } from "./session.js";
import { make, openSheet, thumb } from "./sheet.js";

const SIGNS = { bad: ["✕", "Bad"], skip: ["↑", "Skip"], good: ["✓", "Good"] };
const PAGE = 60;

/** Open the history. */
export function openHistory({ deck, session, outbox, update }) {
  openSheet("History", "history", (body) => {
    const list = make("ol", { className: "rows" });
    const end = make("p", { className: "end" }, "");
    body.append(list, end);
    const seen = new Set();
    for (const entry of [...session.past].reverse()) {
      if (seen.has(entry.item.id)) continue;
      seen.add(entry.item.id);
      const change = (verdict) => session.change(entry, verdict, "history");
      list.append(row(deck, entry.item, standing(entry), entry.events.at(-1), change, update));
    }
    more(list, end, seen, { deck, session, outbox, update });
  });
}

/** What the server knows besides, page by page, as far as one scrolls. */
function more(list, end, seen, context, before) {
  const watch = new IntersectionObserver(async ([sight]) => {
    if (!sight.isIntersecting) return;
    watch.disconnect();
    try {
      const { verdicts } = await get(`/api/history?${before ? `before=${before}` : ""}`);
      for (const one of verdicts.filter((found) => !seen.has(found.image_id))) {
        seen.add(one.image_id);
        const change = (verdict) => context.session.changeOld(one.image_id, verdict);
        list.append(row(context.deck, { id: one.image_id }, one.verdict, one, change, context.update));
      }
      if (verdicts.length === PAGE) more(list, end, seen, context, verdicts.at(-1).seq);
      else end.textContent = seen.size ? "That is all." : "Nothing judged yet.";
    } catch {
      end.textContent = seen.size ? "Earlier verdicts are on the computer, which is out of reach." : "No connection.";
    }
  });
  watch.observe(end);
}

function row(deck, item, verdict, event, change, update) {
  const time = new Date(event.decided);
  const today = time.toDateString() === new Date().toDateString();
  const when = time.toLocaleString([], today ? { timeStyle: "short" } : { month: "short", day: "numeric" });
  const note = make("span", { className: "note" }, [when, event.reason].filter(Boolean).join(" · "));
  const choice = make("div", { className: "choice", role: "group", ariaLabel: `Verdict on photo ${item.id}` });
  const line = make("li", {}, thumb(deck, item), note, choice);
  for (const [name, [sign, word]] of Object.entries(SIGNS)) {
    const button = make("button", { type: "button", className: name, ariaLabel: word }, sign);
    button.ariaPressed = name === verdict;
    button.onclick = () => {
      if (button.ariaPressed === "true") return;
      change(name);
      for (const other of choice.children) other.ariaPressed = other === button;
      update();
    };
    choice.append(button);
  }
  return line;
}
