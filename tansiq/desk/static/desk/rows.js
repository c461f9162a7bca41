// Adds an empty entry to a list; without it one empty entry is there, and another after each save.
document.addEventListener("DOMContentLoaded", () => {
  for (const rows of document.querySelectorAll(".rows")) {
    const button = rows.querySelector(":scope > .rows-add");
    const total = rows.querySelector('[name$="-TOTAL_FORMS"]');
    const blank = rows.querySelector(":scope > template");
    button.hidden = false;
    // The empty entry is for those without this script.
    const last = [...rows.querySelectorAll(":scope > .rows-entry")].pop();
    const filled = last && [...last.querySelectorAll("input:not([type=hidden]), select, textarea")]
      .some((input) => (input.type === "checkbox" ? input.checked : input.value));
    if (last && !filled && !last.querySelector(".error-message")) {
      last.remove();
      total.value = Number(total.value) - 1;
    }
    button.addEventListener("click", () => {
      const holder = document.createElement("div");
      holder.innerHTML = blank.innerHTML.replaceAll("__prefix__", total.value);
      const entry = holder.firstElementChild;
      rows.insertBefore(entry, blank);
      total.value = Number(total.value) + 1;
      entry.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    });
  }
});
