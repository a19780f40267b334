// Before the first paint: the remembered theme and density, so that nothing flashes. See appearance.js.
(() => {
  try {
    const root = document.documentElement;
    const theme = localStorage.getItem("pulseboard.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    const density = localStorage.getItem("pulseboard.density");
    root.dataset.density = density === "compact" || density === "wall" ? density : "comfortable";
  } catch {
    document.documentElement.dataset.density = "comfortable"; // storage is forbidden: defaults serve
  }
})();
