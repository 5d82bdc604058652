// Work that may wait until what was just changed is on the screen.

const PATIENCE = 250; // milliseconds after which it is done though no frame came

/** Run `then` once the next frame is painted, or soon where the page is not seen. */
export function afterPaint(then) {
  let waiting = true;
  const run = () => {
    if (waiting) then();
    waiting = false;
  };
  setTimeout(run, document.hidden ? 0 : PATIENCE);
  if (!document.hidden) requestAnimationFrame(() => setTimeout(run, 1));
}

/** Set an element's text, touching the page only where it differs. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
