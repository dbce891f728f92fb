// Keeps the list of training files fresh while one is written. The page works without it: reload shows the same.
async function refresh() {
  const table = document.querySelector("table[data-refresh]");
  if (table === null) return;
  await new Promise((resolve) => setTimeout(resolve, Number(table.dataset.refresh)));
  try {
    const response = await fetch(location.href, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("table.records");
    // Somebody who is on a button keeps it.
    if (response.ok && fresh !== null && !table.contains(document.activeElement)) table.replaceWith(fresh);
  } catch {
    // The Worker is away for a moment; the next try will tell.
  }
  await refresh();
}

void refresh();
