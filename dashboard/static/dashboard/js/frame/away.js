/** The page of an outage: it asks whether the database is back, and then loads what was asked for. */

import { byId } from "../page/element.js";

const ASK_EVERY = 2_000; // ms, and up to half of it more: pages of one outage must not all ask together

async function isBack() {
  try {
    const answer = await fetch("/readyz", { cache: "no-store" });
    return (await answer.json()).database === true;
  } catch {
    return false; // the server itself is away: ask again
  }
}

async function look() {
  if (await isBack()) location.replace(location.href); // not reload(), which would ask about a form
  else setTimeout(look, ASK_EVERY * (1 + Math.random() / 2));
}

byId("connection").hidden = true;
if ("retry" in byId("away").dataset) look();
