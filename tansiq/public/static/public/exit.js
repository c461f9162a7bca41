// Replaces this page in the history instead of adding to it. Without JavaScript the link works as a plain link.
"use strict";
document.querySelector("[data-quick-exit]").addEventListener("click", function (event) {
  event.preventDefault();
  document.documentElement.hidden = true;
  window.location.replace(this.href);
});
