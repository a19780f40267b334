/**
 * Numbers, names, sizes and lengths of time as text; `time/moment.js` writes instants. Pure. What notifications say
 * is written by its twin telemetry/series/words.py; telemetry/tests/words_cases.json binds both.
 */

import { DAY, HOUR, MINUTE, SECOND } from "../time/zone.js";
import { decimalSign, t, tn } from "./language.js";

export const THIN = "\u2009"; // between a number and its unit
const MINUS = "\u2212";
const SIGNIFICANT = 4; // digits shown of a fraction when a series names no precision
const TINY = 1e-4; // below it, and from HUGE on, a value is written with a power of ten
const HUGE = 1e15;

/**
 * A value in the viewer's eyes: `precision` decimals, or as many as the value needs.
 * @param {number|string|null|undefined} value
 * @param {number|null} [precision]
 */
export function number(value, precision = null) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return value;
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (precision === null) {
    if (size !== 0 && (size >= HUGE || size < TINY)) return power(value);
    // What is counted has every digit.
    return grouped(Number.isInteger(value) ? String(value) : String(Number(value.toFixed(decimalsNeeded(size)))));
  }
  return size >= HUGE ? power(value) : grouped(value.toFixed(precision));
}

/** @param {number} size more than 0 */
function decimalsNeeded(size) {
  if (size >= 1000) return size >= 100_000 ? 0 : 1;
  const decimals = SIGNIFICANT - 1 - Math.floor(Math.log10(size));
  return size < 1 && size >= 0.1 ? SIGNIFICANT : decimals;
}

/** "1.235×10⁻⁹". @param {number} value not 0 */
function power(value) {
  const [digits, exponent] = value.toExponential(SIGNIFICANT - 1).split("e");
  return `${grouped(String(Number(digits)))}${timesTen(Number(exponent))}`;
}

/** "×10⁻⁹"; nothing for 0. @param {number} exponent */
export function timesTen(exponent) {
  return exponent === 0 ? "" : `×10${String(exponent).replace(/./g, (digit) => (digit === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]))}`;
}

/** Thousands apart from five digits on, with a true minus, and none before zero: 12 345, but 1013. @param {string} text */
export function grouped(text) {
  const [whole, rest] = (Number(text) === 0 ? text.replace("-", "") : text).split(".");
  const apart = whole.replace("-", "").length < 5 ? whole : whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
  return (rest === undefined ? apart : `${apart}${decimalSign}${rest}`).replace("-", MINUS);
}

/**
 * @typedef {{unit?: string, kind?: string, precision?: number|null}} SeriesFormat
 * @param {any} value
 * @param {SeriesFormat} series
 */
export function bare(value, series) {
  if (series.kind === "boolean" && (typeof value === "number" || typeof value === "boolean")) return value ? t("on") : t("off");
  return number(value, series.precision ?? null);
}

/** A value with its unit, as the series writes it. @param {number|string|null} value @param {{unit: string, kind: string|null, precision: number|null}} series */
export function withUnit(value, { unit, kind, precision }) {
  const text = bare(value, { kind: kind ?? "gauge", precision });
  return value === null || kind === "boolean" || kind === "text" || !unit ? text : `${text}${THIN}${unit}`;
}

/** How these are written wherever they stand in a name. A map: a metric may be named `constructor`. */
const WRITTEN = new Map(Object.entries({
  ac: "AC", adc: "ADC", ch4: "CH₄", co: "CO", co2: "CO₂", co2e: "CO₂e", cpu: "CPU", dc: "DC", ec: "EC", fft: "FFT", gps: "GPS",
  h2: "H₂", h2o: "H₂O", h2s: "H₂S", hvac: "HVAC", id: "ID", io: "I/O", ip: "IP", iaq: "IAQ", lqi: "LQI", lte: "LTE", mac: "MAC",
  mqtt: "MQTT", n2: "N₂", n2o: "N₂O", nh3: "NH₃", no2: "NO₂", nox: "NOₓ", o2: "O₂", o3: "O₃", ok: "OK", pf: "PF", ph: "pH", pm1: "PM1",
  pm10: "PM10", pm25: "PM2.5", pwm: "PWM", pv: "PV", ram: "RAM", rh: "RH", rms: "RMS", rpm: "RPM", rsrp: "RSRP", rsrq: "RSRQ",
  rssi: "RSSI", rtc: "RTC", sinr: "SINR", snr: "SNR", so2: "SO₂", soc: "SoC", soh: "SoH", tds: "TDS", thd: "THD", tvoc: "TVOC", ups: "UPS",
  usb: "USB", uv: "UV", uvi: "UVI", voc: "VOC", wifi: "Wi-Fi", xyz: "XYZ",
}));

/** "motor.x_rms" as "Motor x RMS", "pm2_5" as "PM2.5". @param {string} metric */
export function humanise(metric) {
  const words = metric.replace(/(^|[._-])pm(\d+)[._](\d+)(?=$|[._-])/gi, "$1pm$2$3").replace(/[._]+/g, " ").trim().split(/\s+/);
  const [first, ...rest] = words.map((word) => WRITTEN.get(word.toLowerCase()) ?? word);
  if (!first) return metric;
  // What is written in a way of its own keeps it: pH, CO₂.
  return [first === words[0] ? first[0].toUpperCase() + first.slice(1) : first, ...rest].join(" ");
}

/** How old, in one unit: "now", "3 s", "2 min", "5 h", "12 d". @param {number} ms */
export function age(ms) {
  if (ms < SECOND) return t("now");
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)}${THIN}s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}${THIN}min`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)}${THIN}h`;
  return `${Math.floor(ms / DAY)}${THIN}d`;
}

/** How long ago, in words: "just now", "5 s ago". A clock behind ours may say less than none. @param {number} ms */
export function ago(ms) {
  return ms < SECOND ? t("just now") : t("{ms} ago", { ms: age(ms) });
}

/** A length of time: "250 ms", "1.5 s", "5 min", "1 h 30 min", "7 d". @param {number} ms */
export function duration(ms) {
  if (ms < SECOND) return `${Math.round(ms)}${THIN}ms`;
  if (ms < MINUTE) return `${grouped(String(Number((ms / SECOND).toFixed(1))))}${THIN}s`;
  const [unit, name, below, belowName] =
    ms < HOUR ? [MINUTE, "min", SECOND, "s"] : ms < DAY ? [HOUR, "h", MINUTE, "min"] : [DAY, "d", HOUR, "h"];
  const whole = Math.floor(ms / unit);
  const rest = Math.floor((ms % unit) / below);
  return `${whole}${THIN}${name}${rest ? ` ${rest}${THIN}${belowName}` : ""}`;
}

/** What is counted, as a text of the number `n`. @type {Record<string, (many: number, values: {n: string}) => string>} */
const COUNTED = {
  alert: (many, values) => tn("{n} alert", "{n} alerts", many, values),
  device: (many, values) => tn("{n} device", "{n} devices", many, values),
  group: (many, values) => tn("{n} group", "{n} groups", many, values),
  message: (many, values) => tn("{n} message", "{n} messages", many, values),
  "new reading": (many, values) => tn("{n} new reading", "{n} new readings", many, values),
  other: (many, values) => tn("{n} other", "{n} others", many, values),
  result: (many, values) => tn("{n} result", "{n} results", many, values),
  series: (many, values) => tn("{n} series", "{n} series", many, values),
  rule: (many, values) => tn("{n} rule", "{n} rules", many, values),
  target: (many, values) => tn("{n} target", "{n} targets", many, values),
  topic: (many, values) => tn("{n} topic", "{n} topics", many, values),
  value: (many, values) => tn("{n} value", "{n} values", many, values),
};

/** "1 message", "12 345 messages". @param {number} many @param {string} what one of COUNTED */
export function counted(many, what) {
  return COUNTED[what](many, { n: number(many, 0) });
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1024) return `${bytes}${THIN}B`;
  if (bytes < 1024 ** 2) return `${number(bytes / 1024, 1)}${THIN}KiB`;
  return `${number(bytes / 1024 ** 2, 1)}${THIN}MiB`;
}
