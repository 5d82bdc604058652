// The page that a link opens: the token is redeemed when a person presses Start, not when a preview loads the page.

const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname);
const start = document.getElementById("start");
const note = document.getElementById("note");

if (start && !token) {
  start.hidden = true;
  note.textContent = "This page needs the whole link, with what stands behind the #. Scan the code again.";
}

start?.addEventListener("click", async () => {
  start.disabled = true;
  try {
    const answer = await fetch("/api/join", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token }),
    });
    if (answer.ok) return location.replace("/");
    note.textContent = (await answer.json()).error;
  } catch {
    note.textContent = "The computer does not answer. Is the phone on the same network?";
  }
  start.disabled = false;
});
