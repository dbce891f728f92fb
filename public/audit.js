// Keys of the audit page: 1 to 5 for the first reply, then for the second, then f first, e equal or s second is better,
// x cannot tell, a what the agent answered. The form works without this file.
const find = (selector) => document.querySelector(selector);
const scales = [...document.querySelectorAll("[data-scale]")];

const isRated = (scale) => scale.querySelector(":checked") !== null;

/** The scale that a digit is for: the one that has the focus, else the first without a rating, else the last. */
function scaleFor() {
  return (
    scales.find((scale) => scale.contains(document.activeElement) && !isRated(scale)) ??
    scales.find((scale) => !isRated(scale)) ??
    scales.find((scale) => scale.contains(document.activeElement)) ??
    scales.at(-1)
  );
}

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (target instanceof HTMLInputElement && target.type !== "radio") return;
  if (key === "a") {
    const answer = find(".audit details");
    if (answer) answer.open = !answer.open;
  } else if (/^[1-5]$/.test(key)) {
    const choice = scaleFor()?.querySelector(`[value="${key}"]`);
    choice?.focus();
    choice?.click();
  } else if (/^[fesx]$/.test(key)) find(`[data-key="${key}"]`)?.click();
  else return;
  event.preventDefault();
});
