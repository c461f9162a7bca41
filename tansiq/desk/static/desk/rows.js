// Adds an empty entry to a list, and lets entries be dragged or moved by a button. Without this script one empty entry is
// there, another after each save, and each entry has its place in the list as a number.
document.addEventListener("DOMContentLoaded", () => {
  for (const rows of document.querySelectorAll(".rows")) {
    const button = rows.querySelector(":scope > .rows-add");
    const total = rows.querySelector('[name$="-TOTAL_FORMS"]');
    const blank = rows.querySelector(":scope > template");
    const entries = () => [...rows.querySelectorAll(":scope > .rows-entry")];
    const number = () => entries().forEach((entry, index) => {
      const place = entry.querySelector('[name$="-ORDER"]');
      if (place) place.value = index + 1;
    });
    const move = (entry, before) => {
      rows.insertBefore(entry, before);
      number();
    };
    const mover = (entry, label, sign, target) => {
      const one = document.createElement("button");
      one.type = "button";
      one.className = "button button-small button-secondary rows-move";
      one.textContent = sign;
      one.setAttribute("aria-label", label);
      one.addEventListener("click", () => {
        const before = target();
        if (before !== null) move(entry, before);
        one.focus();
      });
      return one;
    };
    const movable = (entry) => {
      const legend = entry.querySelector("legend");
      const all = entries;
      legend.append(
        mover(entry, rows.dataset.up, "↑", () => all()[all().indexOf(entry) - 1] ?? null),
        mover(entry, rows.dataset.down, "↓", () => all()[all().indexOf(entry) + 2] ?? blank),
      );
      legend.draggable = true;
      legend.addEventListener("dragstart", (event) => {
        rows.dragged = entry;
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setDragImage(entry, 0, 0);
      });
      // The pointer ends over the dragged entry itself as often as over another: the places are counted either way.
      legend.addEventListener("dragend", () => {
        rows.dragged = null;
        number();
      });
      entry.addEventListener("dragover", (event) => {
        if (!rows.dragged) return;
        event.preventDefault();
        if (rows.dragged === entry) return;
        const box = entry.getBoundingClientRect();
        rows.insertBefore(rows.dragged, event.clientY < box.top + box.height / 2 ? entry : entry.nextElementSibling);
      });
      entry.addEventListener("drop", (event) => {
        if (rows.dragged) event.preventDefault();
      });
    };
    button.hidden = false;
    // The empty entry is for those without this script.
    const last = entries().pop();
    const filled = last && [...last.querySelectorAll("input:not([type=hidden]), select, textarea")]
      .some((input) => (input.type === "checkbox" ? input.checked : input.value));
    if (last && !filled && !last.querySelector(".error-message")) {
      last.remove();
      total.value = Number(total.value) - 1;
    }
    entries().forEach(movable);
    button.addEventListener("click", () => {
      const holder = document.createElement("div");
      holder.innerHTML = blank.innerHTML.replaceAll("__prefix__", total.value);
      const entry = holder.firstElementChild;
      rows.insertBefore(entry, blank);
      total.value = Number(total.value) + 1;
      movable(entry);
      number();
      entry.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    });
  }
});
