/** Theme and density: chosen here, remembered in this browser, applied before paint by appearance-boot.js. */

const THEMES = ["system", "light", "dark"];
const DENSITIES = ["comfortable", "compact", "wall"];
const root = document.documentElement;

export const theme = () => root.dataset.theme ?? "system";
export const density = () => root.dataset.density ?? "comfortable";

function remember(/** @type {string} */ key, /** @type {string} */ value) {
  try {
    localStorage.setItem(`pulseboard.${key}`, value);
  } catch {
    // Storage is forbidden: the choice lasts as long as the page.
  }
}

/** Tell who draws by hand. */
function announce() {
  mark();
  document.dispatchEvent(new CustomEvent("appearance"));
}

/** @param {string} name */
function setTheme(name) {
  if (name === "system") delete root.dataset.theme;
  else root.dataset.theme = name;
  remember("theme", name);
  announce();
}

/** @param {string} name */
function setDensity(name) {
  root.dataset.density = name;
  remember("density", name);
  announce();
}

export const nextTheme = () => setTheme(THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]);
export const nextDensity = () => setDensity(DENSITIES[(DENSITIES.indexOf(density()) + 1) % DENSITIES.length]);

function mark() {
  for (const item of document.querySelectorAll("[data-theme-choice]")) {
    item.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (item).dataset.themeChoice === theme()));
  }
  for (const item of document.querySelectorAll("[data-density-choice]")) {
    item.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (item).dataset.densityChoice === density()));
  }
}

/** Paper is light. The frame's script runs first, so what draws by hand finds it so. */
function wirePaper() {
  /** @type {string|undefined} */ let chosen;
  addEventListener("beforeprint", () => {
    chosen = root.dataset.theme;
    root.dataset.theme = "light";
  });
  addEventListener("afterprint", () => {
    if (chosen === undefined) delete root.dataset.theme;
    else root.dataset.theme = chosen;
  });
}

export function wireAppearance() {
  mark();
  wirePaper();
  for (const item of document.querySelectorAll("[data-theme-choice]")) {
    item.addEventListener("click", () => setTheme(/** @type {HTMLElement} */ (item).dataset.themeChoice ?? ""));
  }
  for (const item of document.querySelectorAll("[data-density-choice]")) {
    item.addEventListener("click", () => setDensity(/** @type {HTMLElement} */ (item).dataset.densityChoice ?? ""));
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", announce);
}
