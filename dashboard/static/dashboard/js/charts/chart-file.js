/** A chart as a file: its picture with what it shows written on it, and its readings. */

import { day, moment } from "../time/moment.js";

const HEAD = 44; // px of the page's above the picture, for two lines
const EDGE = 12; // px around

/**
 * @param {HTMLCanvasElement} canvas @param {{title: string, device: string, from: number, to: number, legend: {word: string, colour: string}[]}} shown
 * @returns {Promise<Blob|null>}
 */
export function picture(canvas, { title, device, from, to, legend }) {
  const ratio = canvas.width / (canvas.clientWidth || canvas.width);
  const style = getComputedStyle(document.body);
  const card = getComputedStyle(canvas.closest(".card") ?? document.body);
  const copy = document.createElement("canvas");
  const foot = legend.length ? 24 : 0;
  copy.width = canvas.width + 2 * EDGE * ratio;
  copy.height = canvas.height + (HEAD + EDGE + foot) * ratio;
  const context = /** @type {CanvasRenderingContext2D} */ (copy.getContext("2d"));
  context.fillStyle = card.backgroundColor;
  context.fillRect(0, 0, copy.width, copy.height);
  context.scale(ratio, ratio);
  context.fillStyle = style.color;
  context.textBaseline = "top";
  context.font = `600 14px ${style.fontFamily}`;
  context.fillText(`${title} · ${device}`, EDGE, 8);
  context.font = `12px ${style.fontFamily}`;
  context.fillText(`${moment(from)} – ${moment(to)}`, EDGE, 26);
  context.drawImage(canvas, EDGE, HEAD, canvas.width / ratio, canvas.height / ratio);
  let x = EDGE;
  for (const { word, colour } of legend) {
    const y = HEAD + canvas.height / ratio + 4;
    context.fillStyle = colour;
    context.fillRect(x, y, 10, 10);
    context.fillStyle = style.color;
    context.fillText(word, x + 16, y - 1);
    x += 32 + context.measureText(word).width;
  }
  return new Promise((resolve) => copy.toBlob(resolve));
}

const compact = (/** @type {number} */ at) => {
  const [, hours, minutes, seconds] = /(\d\d):(\d\d):(\d\d)/.exec(moment(at)) ?? [];
  return `${day(at).replaceAll("-", "")}T${hours}${minutes}${seconds}`;
};

/** Named by what is in it. @param {string} device uid @param {string} metric @param {{from: number, to: number}} range @param {string} extension */
export function fileName(device, metric, { from, to }, extension) {
  return `${device}-${metric.replace(/[^\w.-]+/g, "_")}-${compact(from)}-${compact(to)}.${extension}`;
}

/** @param {Blob} blob @param {string} name */
export function offer(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
