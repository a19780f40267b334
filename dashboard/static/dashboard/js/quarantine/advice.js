/** What an operator can do about each reason. Pure; docs/wire-format.md explains the reasons. */

import { t } from "../page/language.js";

/** By reason how it is written, and what to do. @type {Record<string, [string, string]>} */
const ADVICE = {
  unknown_topic: [t("unknown topic"), t("Have it publish to devices/{uid}/telemetry or devices/{uid}/status.")],
  bad_uid: [t("bad uid"), t("Give the device a uid of at most 64 letters, digits, hyphens and underscores.")],
  unknown_device: [t("unknown device"), t("Adopt the device in the inbox; what it sent is then stored.")],
  disabled_device: [t("disabled device"), t("Enable the device, then replay.")],
  removed_device: [t("removed device"), t("Restore the device; what it sent is then stored. Otherwise discard it.")],
  empty_payload: [t("empty payload"), t("Have it send a value, or leave the message out.")],
  too_large: [t("too large"), t("Have it send smaller arrays.")],
  not_utf8: [t("not utf8"), t("Have it send UTF-8, neither binary nor compressed.")],
  malformed_json: [t("malformed json"), t("Look for a missing quote or bracket, or a comma at the end.")],
  malformed_binary: [t("malformed binary"), t("Look at what the device encodes; the words above name the byte.")],
  malformed_line: [t("malformed line"), t("Look for a missing field, an unescaped space, or a quote that is not closed.")],
  too_deep: [t("too deep"), t("Have it send flatter values.")],
  wrong_type: [t("wrong type"), t("Have it send an object, such as {\"value\": 21.5}.")],
  too_many_values: [t("too many values"), t("Have it send smaller arrays.")],
  no_values: [t("no values"), t("Have it leave the message out, or send a value.")],
  bad_timestamp: [t("bad timestamp"), t("Have it send Unix milliseconds or ISO 8601.")],
  implausible_timestamp: [t("implausible timestamp"), t("Set the device's clock, and have it send milliseconds.")],
  conflicting_values: [t("conflicting values"), t("Give each value its own name or time; the first one stays.")],
  corrected: [t("corrected"), t("An operator deleted or replaced what was there. Undo that on the device's page first, then replay.")],
  too_old: [t("too old"), t("Keep such readings for longer by a rule on the pipeline page, or raise PULSEBOARD_RETENTION_DAYS and restart; then replay. Otherwise discard it.")],
  not_finite: [t("not finite"), t("Have it leave the value out, or send null.")],
  unsupported_value: [t("unsupported value"), t("Give each element of the array a name of its own.")],
  bad_text: [t("bad text"), t("Have it send a shorter text, without control characters.")],
  bad_metric: [t("bad metric"), t("Rename the metric.")],
  too_many_series: [t("too many series"), t("Delete series of the device; ids and times do not belong into names.")],
  too_many_devices: [t("too many devices"), t("As many devices of its kind were adopted by themselves as may be. Adopt it in the inbox.")],
  over_limit: [t("over limit"), t("Have it send less, or in larger arrays, then replay.")],
  bad_status: [t("bad status"), t("Have it send the word online or offline, without quotes.")],
  no_birth: [t("no birth"), t("Replay it once the birth of the device has come; it was asked for.")],
  convention_failed: [t("convention failed"), t("Our decoder failed: report it, then replay with the version that mends it.")],
  store_rejected: [t("store rejected"), t("The database will never take it: report it.")],
};

/** How a reason is written. @param {string} reason */
export const words = (reason) => ADVICE[reason]?.[0] ?? reason.replaceAll("_", " ");

/** @param {string} reason @returns {string} a sentence */
export function advice(reason) {
  return ADVICE[reason]?.[1] ?? t("Mend what the words above name, then replay.");
}
