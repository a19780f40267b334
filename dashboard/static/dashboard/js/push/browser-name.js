/** What to call a browser in a list: "Firefox on Android". Pure. */

import { t } from "../page/language.js";

// The first that fits: most browsers also name those they descend from.
const BROWSERS = /** @type {[RegExp, string][]} */ ([
  [/Edg(A|iOS)?\//, "Edge"], [/OPR\//, "Opera"], [/SamsungBrowser\//, "Samsung Internet"], [/Firefox\/|FxiOS\//, "Firefox"],
  [/Chrom(e|ium)\/|CriOS\//, "Chrome"], [/Safari\//, "Safari"],
]);
const SYSTEMS = /** @type {[RegExp, string][]} */ ([
  [/iPhone/, "iPhone"], [/iPad/, "iPad"], [/Android/, "Android"], [/Windows/, "Windows"], [/Mac OS X/, "Mac"], [/CrOS/, "ChromeOS"], [/Linux/, "Linux"],
]);

/** @param {string} agent of `navigator.userAgent` @returns {string} */
export function browserName(agent) {
  const browser = BROWSERS.find(([form]) => form.test(agent))?.[1] ?? t("A browser");
  const system = SYSTEMS.find(([form]) => form.test(agent))?.[1];
  return system ? t("{browser} on {system}", { browser, system }) : browser;
}
