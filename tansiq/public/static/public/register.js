/* Counts before the form is sent: SHA-256 of "token|address|n" must begin with so many zero bits. No captcha, nothing
   is asked of the reader, and without it the form goes out all the same: the place is then held until the mail is opened. */
(() => {
  "use strict";
  const form = document.getElementById("registration");
  if (!form || !window.crypto || !crypto.subtle) return;
  const bits = Number(form.dataset.bits), button = form.querySelector("button"), busy = document.getElementById("busy");
  const encoder = new TextEncoder();
  let found = null;

  async function work(address) {
    const start = `${form.elements.token.value}|${address}|`;
    for (let n = 0; ; n += 256) {
      const tries = Array.from({ length: 256 }, (_one, index) => n + index);
      const digests = await Promise.all(tries.map((one) => crypto.subtle.digest("SHA-256", encoder.encode(start + one))));
      const hit = digests.findIndex((one) => new DataView(one).getUint32(0) >>> (32 - bits) === 0);
      if (hit >= 0) return String(n + hit);
    }
  }
  const address = () => form.elements.email.value.trim().toLowerCase();
  const begin = () => {
    if (address() && found?.address !== address()) found = { address: address(), answer: work(address()) };
  };
  form.elements.email.addEventListener("change", begin);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    busy.textContent = button.dataset.busy;
    begin();
    form.elements.work.value = await found.answer;
    form.submit();
  });
  window.addEventListener("pageshow", () => { button.disabled = false; busy.textContent = ""; });
})();
