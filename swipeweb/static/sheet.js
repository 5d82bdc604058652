// A sheet that slides over the page: the frame of history, grid and menu.

/** Open a sheet with a title; `fill(body, close)` puts in what it shows. */
export function openSheet(title, name, fill) {
  const dialog = document.getElementById("sheet");
  if (dialog.open) dialog.close();
  dialog.className = name;
  dialog.querySelector("h2").textContent = title;
  const body = dialog.querySelector(".body");
  body.replaceChildren();
  dialog.querySelector(".foot").replaceChildren();
  fill(body, dialog.querySelector(".foot"), () => dialog.close());
  dialog.showModal();
  return dialog;
}

/** An element with properties and children. */
export function make(tag, properties = {}, ...children) {
  const { dataset, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, dataset);
  element.append(...children);
  return element;
}

/** A photo as a small picture that is fetched when it comes into sight. */
export function thumb(deck, item) {
  const box = make("div", { className: "thumb" });
  const watch = new IntersectionObserver(async ([seen]) => {
    if (!seen.isIntersecting) return;
    watch.disconnect();
    try {
      box.replaceChildren(await deck.decode(item));
    } catch {
      box.classList.add("missing");
    }
  }, { rootMargin: "200px" });
  watch.observe(box);
  return box;
}
