/** The API reference: Swagger UI knows a dark theme by a class of the root. */

import { theme } from "./appearance.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

function follow() {
  const chosen = theme();
  document.documentElement.classList.toggle("dark-mode", chosen === "dark" || (chosen === "system" && dark.matches));
}

document.addEventListener("appearance", follow);
follow();
