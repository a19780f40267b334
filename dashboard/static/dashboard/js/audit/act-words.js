/** What the audit log calls an act and a thing, in words. What has none is said as it is kept: it is searched for by that. */

import { humanise } from "../page/format.js";
import { t } from "../page/language.js";

/** Acts that are more than their last word. @type {Record<string, string>} */
const WHOLE = {
  sign_in: t("signed in"), "sign_in.ended": t("signed out"), "sign_in.failed": t("could not sign in"), "sign_in.unlocked": t("lets be tried again"),
  "factor.added": t("second factor added"), "factor.removed": t("second factor removed"), "factor.failed": t("second factor failed"),
  "password.reset": t("password set anew"), "password.reset_link": t("link for a new password"), "account.seen": t("looked at"),
  "invitation.made": t("invited"), "invitation.accepted": t("invitation accepted"), "invitation.withdrawn": t("invitation withdrawn"),
  "export.ended": t("export ended"), export: t("exported"),
};
/** Words of a dotted act; the last that is here says what was done. @type {Record<string, string>} */
const ACTS = {
  created: t("created"), changed: t("changed"), deleted: t("deleted"), registered: t("registered"), edited: t("edited"), imported: t("imported"),
  removed: t("removed"), restored: t("restored"), token_rotated: t("token rotated"), token_revoked: t("token revoked"),
  put: t("changed"), patch: t("changed"), delete: t("deleted"), post: t("created"), refused: t("refused"), failed: t("failed"),
  acknowledge: t("acknowledged"), unacknowledge: t("acknowledgement taken back"), assign: t("assigned"), snooze: t("snoozed"), comment: t("commented"),
  replay: t("replayed"), register: t("registered"), rename: t("renamed"), merge: t("merged"), adopt: t("adopted"), ignore: t("ignored from now on"), undo: t("undone"),
  order: t("put in order"), import: t("imported"), backfill: t("computed anew"), test: t("tried out"), pin: t("pinned"), "rotate-token": t("token rotated"),
  "revoke-token": t("token revoked"), command: t("run"), export: t("exported"),
};
/** Ways of a request, which say less than the word before them. */
const WAYS = new Set(["post", "put", "patch"]);
/** @type {Record<string, string>} */
const KINDS = {
  account: t("account"), api_token: t("API token"), tokens: t("API token"), group: t("group"), grant: t("role"), people: t("role"), device: t("device"), devices: t("device"),
  site: t("site"), sites: t("site"), series: t("series"), address: t("address"), command: t("command"), invitation: t("invitation"), readings: t("readings"),
  alerts: t("alert"), "alert-rules": t("alert rule"), alert_rule: t("alert rule"), rules: t("rule"), rule: t("rule"), silences: t("silence"), silence: t("silence"), channels: t("channel"), channel: t("channel"),
  notifications: t("notifications"), policy: t("policy"), team: t("team"), rota: t("rota"), log: t("log entry"), views: t("view"), cards: t("card"), derived: t("derived series"),
  quarantine: t("quarantine"), inbox: t("inbox"), retention: t("retention rule"), corrections: t("correction"), listening: t("topic filter"),
};

/** @param {string} action dotted, as it is kept @returns {string} */
export function actWord(action) {
  if (Object.hasOwn(WHOLE, action)) return WHOLE[action];
  const words = action.split(".").filter((word) => Object.hasOwn(ACTS, word));
  const told = words.filter((word) => !WAYS.has(word));
  const last = told[told.length - 1] ?? words[words.length - 1];
  return last ? ACTS[last] : humanise(action);
}

/** @param {string} kind @returns {string} */
export const kindWord = (kind) => (Object.hasOwn(KINDS, kind) ? KINDS[kind] : humanise(kind));
