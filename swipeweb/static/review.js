// Contested photos: what each person said, and the reviewer's last word.

import { get, picture, post, uuid } from "./api.js";
import { make } from "./sheet.js";

const SIGNS = { bad: "✕", skip: "↑", good: "✓" };
const list = document.getElementById("list");
const end = document.getElementById("end");

try {
  const { images } = await get("/api/contested");
  list.append(...images.map(show));
  tell();
} catch {
  end.textContent = "The computer does not answer.";
}

function tell() {
  const left = list.querySelectorAll("article:not(.settled)").length;
  end.textContent = left ? `${left} to settle` : "Nothing is contested.";
}

function show({ id, votes, good }) {
  const photo = make("div", { className: "thumb" });
  picture(id, "face", "s")
    .then((blob) => createImageBitmap(blob))
    .then((bitmap) => {
      const canvas = make("canvas", { width: bitmap.width, height: bitmap.height, role: "img", ariaLabel: `Photo ${id}` });
      canvas.getContext("bitmaprenderer").transferFromImageBitmap(bitmap);
      photo.append(canvas);
    })
    .catch(() => photo.classList.add("missing"));
  const said = Object.entries(votes).map(([name, verdict]) => make("li", { className: verdict }, `${SIGNS[verdict]} ${name}`));
  const likely = make("p", { className: "note" }, `Good with ${Math.round(good * 100)} %, by how far each can be trusted`);
  const choice = make("div", { className: "choice" });
  const article = make("article", {}, photo, make("div", {}, make("ul", { className: "said" }, ...said), likely, choice));
  for (const [verdict, sign] of [["bad", "✕ Bad"], ["good", "✓ Good"]]) {
    const button = make("button", { type: "button", className: verdict, ariaPressed: "false" }, sign);
    button.onclick = () => settle(id, verdict, button, article);
    choice.append(button);
  }
  return article;
}

async function settle(image, verdict, button, article) {
  const event = { uuid: uuid(), image, verdict, how: "button", decided: Date.now() };
  try {
    await post("/api/settle", { verdicts: [event] });
    article.classList.add("settled");
    for (const one of article.querySelectorAll("button")) one.ariaPressed = one === button;
    tell();
  } catch {
    end.textContent = "Not stored: the computer does not answer. Try again.";
  }
}
