/** The fields of a device, for the forms that register, edit and change many. */

import { get } from "../page/rest.js";
import { t } from "../page/language.js";

/** Every site one may choose, and none. @returns {Promise<{value: string|null, label: string}[]>} */
export async function siteOptions() {
  const { results } = await get("/api/v1/sites/?page_size=1000&ordering=name");
  return [{ value: null, label: t("No site") }, ...results.map((/** @type {any} */ { slug, name }) => ({ value: slug, label: name }))];
}

/** @param {{value: string|null, label: string}[]} sites @returns {Record<string, import("./edit-form.js").Field>} */
export const fields = (sites) => ({
  uid: { name: "uid", label: t("Uid"), hint: t("In its topics, so it cannot change later: letters, digits, “_” and “-”."), attrs: { maxlength: "64", spellcheck: "false", autocapitalize: "none", required: "" } },
  name: { name: "name", label: t("Name"), attrs: { maxlength: "120" } },
  site: { name: "site", label: t("Site"), type: "select", options: sites },
  kind: { name: "kind", label: t("Kind"), hint: t("What it is: freezer, motor, power meter"), attrs: { maxlength: "64" } },
  tags: { name: "tags", label: t("Tags"), type: "tags", hint: t("With commas between") },
  expected_interval: { name: "expected_interval", label: t("Speaks every (s)"), type: "number", attrs: { min: "0.05" }, hint: t("Late and silent are judged by it") },
  location: { name: "location", label: t("Location in words"), attrs: { maxlength: "200" }, wide: true },
  latitude: { name: "latitude", label: t("Latitude"), type: "number", attrs: { min: "-90", max: "90" } },
  longitude: { name: "longitude", label: t("Longitude"), type: "number", attrs: { min: "-180", max: "180" } },
  notes: { name: "notes", label: t("Notes"), type: "textarea", wide: true },
  enabled: { name: "enabled", label: t("Its messages are stored"), type: "check", hint: t("Otherwise it is disabled, and what it sends waits in quarantine."), wide: true },
  mqtt_filters: { name: "mqtt_filters", label: t("Topics beside its own"), type: "lines", wide: true,
    hint: t("One a line: “tele/plug-1/#” where its topics carry no uid; “devices/child-1/#” for each device that it speaks for as a gateway.") },
  metadata: { name: "metadata", label: t("Metadata (JSON)"), type: "json", wide: true },
});

/** @param {Record<string, any>} all @param {...string} names */
export const some = (all, ...names) => names.map((name) => all[name]);
