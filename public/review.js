// Keys of the review page: a approve, e edit, r reject, s or → skip, ← back. The forms work without this file.
const find = (selector) => document.querySelector(selector);
const note = find("[data-note]");
const edit = find("[data-edit]");

function focusEnd(field) {
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
}

const actions = {
  a: () => find('[data-key="a"]')?.click(),
  s: () => find('[data-key="s"]')?.click(),
  ArrowRight: () => find('[data-key="s"]')?.click(),
  ArrowLeft: () => history.back(),
  e: () => {
    if (!edit) return;
    edit.closest("details").open = true;
    focusEnd(edit);
  },
  r: () => note && focusEnd(note),
};

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) {
    if (key === "Escape") target.blur();
    else if (key === "Enter" && target === note) find("[data-reject]")?.click();
    else if (key === "Enter" && target === edit && (event.ctrlKey || event.metaKey)) find("[data-save]")?.click();
    else return;
    event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !(key in actions)) return;
  event.preventDefault();
  actions[key]();
});
