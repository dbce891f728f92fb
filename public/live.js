// Keeps the parts of a page marked `data-live` fresh, for as long as they hold something marked `data-live-on`.
// Without scripts the page still tells the state it was loaded in.
const EVERY_MS = 2000;

async function refresh() {
  const live = document.querySelector("[data-live]");
  if (!live?.querySelector("[data-live-on]")) return;
  try {
    const response = await fetch(location.href, { headers: { accept: "text/html" } });
    if (response.ok) {
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.querySelector("[data-live]");
      if (fresh) live.replaceWith(document.adoptNode(fresh));
    }
  } catch (error) {
    console.warn("The page could not be refreshed; trying again.", error);
  }
  setTimeout(refresh, EVERY_MS);
}

setTimeout(refresh, EVERY_MS);
