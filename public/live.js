// Keeps the part of a page marked `data-live` fresh while it is, or holds, something marked `data-live-on`.
// Without scripts the page still shows the state it was loaded in.
const EVERY_MS = 2000;

async function refresh() {
  const live = document.querySelector("[data-live]");
  if (!live?.matches("[data-live-on], :has([data-live-on])")) return;
  try {
    const response = await fetch(location.href, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("[data-live]");
    // Somebody who is on a button keeps it.
    if (response.ok && fresh !== null && !live.contains(document.activeElement)) live.replaceWith(fresh);
  } catch {
    // The Worker is away for a moment; the next try will show.
  }
  setTimeout(refresh, EVERY_MS);
}

setTimeout(refresh, EVERY_MS);
