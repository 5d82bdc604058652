"use strict";
const facts = JSON.parse(document.getElementById("images").textContent);
const closer = document.getElementById("closer");
const picture = closer.querySelector(".picture");

// a touched thumbnail, larger, with its file's name
document.addEventListener("click", event => {
  const tile = event.target.closest("button.t");
  if (!tile) return;
  const style = getComputedStyle(tile);
  for (const name of ["backgroundImage", "backgroundPosition", "backgroundSize"]) picture.style[name] = style[name];
  const lines = [...(facts[tile.dataset.i] || [])];
  if (tile.dataset.note) lines.unshift(tile.dataset.note);
  closer.querySelector("p").replaceChildren(...lines.flatMap(line => [document.createElement("br"), line]).slice(1));
  closer.showModal();
});
closer.addEventListener("click", event => { if (event.target === closer) closer.close(); });

// one sample grid at a time
for (const grids of document.querySelectorAll(".grids")) {
  const slider = grids.querySelector("input");
  const figures = grids.querySelectorAll("figure");
  slider?.addEventListener("input", () => figures.forEach((figure, place) => { figure.hidden = place !== +slider.value; }));
}

addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(one => { one.open = true; }));
