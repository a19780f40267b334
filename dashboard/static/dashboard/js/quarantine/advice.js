/** What an operator can do about each reason. Pure; docs/wire-format.md explains the reasons. */

/** @type {Record<string, string>} */
const ADVICE = {
  unknown_topic: "Have it publish to devices/{uid}/telemetry or devices/{uid}/status.",
  bad_uid: "Give the device a uid of at most 64 letters, digits, hyphens and underscores.",
  unknown_device: "Adopt the device in the inbox; what it sent is then stored.",
  disabled_device: "Enable the device, then replay.",
  removed_device: "Restore the device; what it sent is then stored. Otherwise discard it.",
  empty_payload: "Have it send a value, or leave the message out.",
  too_large: "Have it send smaller arrays.",
  not_utf8: "Have it send UTF-8, neither binary nor compressed.",
  malformed_json: "Look for a missing quote or bracket, or a comma at the end.",
  malformed_binary: "Look at what the device encodes; the words above name the byte.",
  malformed_line: "Look for a missing field, an unescaped space, or a quote that is not closed.",
  too_deep: "Have it send flatter values.",
  wrong_type: "Have it send an object, such as {\"value\": 21.5}.",
  too_many_values: "Have it send smaller arrays.",
  no_values: "Have it leave the message out, or send a value.",
  bad_timestamp: "Have it send Unix milliseconds or ISO 8601.",
  implausible_timestamp: "Set the device's clock, and have it send milliseconds.",
  conflicting_values: "Give each value its own name or time; the first one stays.",
  too_old: "Raise PULSEBOARD_RETENTION_DAYS and restart, then replay. Otherwise discard it.",
  not_finite: "Have it leave the value out, or send null.",
  unsupported_value: "Give each element of the array a name of its own.",
  bad_text: "Have it send a shorter text, without control characters.",
  bad_metric: "Rename the metric.",
  too_many_series: "Delete series of the device; ids and times do not belong into names.",
  too_many_devices: "As many devices of its kind were adopted by themselves as may be. Adopt it in the inbox.",
  over_limit: "Have it send less, or in larger arrays, then replay.",
  bad_status: "Have it send the word online or offline, without quotes.",
  no_birth: "Replay it once the birth of the device has come; it was asked for.",
  convention_failed: "Our decoder failed: report it, then replay with the version that mends it.",
  store_rejected: "The database will never take it: report it.",
};

/** How a reason is written. @param {string} reason */
export const words = (reason) => reason.replaceAll("_", " ");

/** @param {string} reason @returns {string} a sentence */
export function advice(reason) {
  return ADVICE[reason] ?? "Mend what the words above name, then replay.";
}
