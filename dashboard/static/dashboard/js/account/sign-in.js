/** The log-in: a passkey instead of name, password and code. */

import { canPasskey, showPasskey } from "./passkey.js";
import { send } from "../page/rest.js";
import { t } from "../page/language.js";

const place = document.getElementById("passkey");

async function signIn(/** @type {HTMLElement} */ there) {
  const wrong = /** @type {HTMLElement} */ (there.querySelector(".wrong"));
  wrong.hidden = true;
  try {
    const shown = await showPasskey(await send("POST", "/login/passkey/begin/"));
    const { to } = await send("POST", `/login/passkey/?next=${encodeURIComponent(there.dataset.next ?? "")}`, shown);
    location.assign(to);
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    wrong.textContent = name === "NotAllowedError" ? t("No passkey was shown.") : message;
    wrong.hidden = false;
  }
}

if (place && canPasskey) {
  place.hidden = false;
  /** @type {HTMLElement} */ (place.querySelector("button")).addEventListener("click", () => signIn(place));
}
