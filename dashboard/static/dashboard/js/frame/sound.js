/** A sound when an alert fires, for who has asked for it in this browser. A browser lets a page sound only after a click or a key in it. */

import { byId, toast } from "../page/element.js";
import { t } from "../page/language.js";

const KEY = "pulseboard.sound";
const TONES = /** @type {Record<string, number[]>} */ ({ critical: [880, 660, 880], warning: [660, 880], info: [660] }); // Hz, one after the other
const TONE = 0.16; // seconds of one
const LOUD = 0.15; // share of full

/** @type {AudioContext|null} */ let audio = null;

function wanted() {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false; // storage is forbidden
  }
}

/** After a gesture it may sound. */
function wake() {
  if (!wanted()) return;
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
}

function play(/** @type {AudioContext} */ to, /** @type {number[]} */ tones) {
  tones.forEach((hertz, i) => {
    const from = to.currentTime + i * TONE;
    const tone = to.createOscillator();
    const gain = to.createGain();
    tone.frequency.value = hertz;
    gain.gain.setValueAtTime(LOUD, from);
    gain.gain.exponentialRampToValueAtTime(0.001, from + TONE);
    tone.connect(gain).connect(to.destination);
    tone.start(from);
    tone.stop(from + TONE);
  });
}

/** One of the open pages sounds, not each. @param {{severity: string}} alert */
export function sound({ severity }) {
  if (!wanted()) return;
  if (audio?.state !== "running") {
    if (!document.hidden) toast(t("An alert fired. The browser lets this page sound once you have clicked or typed in it."));
    return;
  }
  const to = audio;
  const tones = TONES[severity] ?? TONES.info;
  const sounding = () => {
    play(to, tones);
    return new Promise((done) => setTimeout(done, 1000 * TONE * tones.length));
  };
  if (navigator.locks) navigator.locks.request(KEY, { ifAvailable: true }, (lock) => (lock ? sounding() : undefined));
  else sounding(); // no secure context: each page for itself
}

export function wireSound() {
  const button = byId("sound");
  const show = () => button.setAttribute("aria-pressed", String(wanted()));
  show();
  for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, wake, { capture: true });
  button.addEventListener("click", () => {
    try {
      localStorage.setItem(KEY, wanted() ? "off" : "on");
    } catch {
      toast(t("This browser forbids to remember it."));
    }
    show();
    wake();
    if (wanted()) audio?.resume().then(() => audio && play(audio, TONES.info));
  });
}
