/** The fleet page: what is wrong on top, below it every device in a fixed order, live. */

import { Amends } from "./amends.js";
import { byId } from "../page/element.js";
import { CardDialog } from "./card-dialog.js";
import { current } from "../frame/alerts.js";
import * as live from "../live/live.js";
import { Fleet } from "./fleet-list.js";
import { FleetProblems } from "./fleet-problems.js";
import { FleetSelection } from "./fleet-selection.js";
import { get } from "../page/rest.js";
import { goBackTo, keepPlace, placeIn } from "./fleet-place.js";
import { isTold } from "../alerts/standing.js";
import { serverNow } from "../time/clock.js";
import { walk } from "./fleet-filter.js";
import { wireAdding } from "../work/add-menu.js";

const REFRESH = 30_000; // ms between two full reads: what the pulses cannot tell

const { connection } = live;
const fleet = new Fleet(live);
const selection = new FleetSelection(fleet.list, fleet.filter, (uid) => fleet.roster.devices.get(uid)?.site?.slug ?? null);
const problems = new FleetProblems(fleet, current, live);
const cards = new CardDialog(fleet);
const amends = new Amends(fleet.roster, { get, whole: () => fleet.load(), shown: () => fleet.second(), later: setTimeout.bind(window) });
let place = placeIn(history.state);
fleet.arranged = () => {
  // Everything stands in its place from the first moment: it would move otherwise.
  if (byId("fleet").hidden) {
    problems.second();
    byId("fleet-wait").remove();
    byId("fleet").hidden = false;
  }
  selection.show();
  if (place) goBackTo(fleet.list, place);
  place = null;
};
keepPlace(fleet.list);

/** What is open now. */
function showAlerts() {
  fleet.showAlerts(current.of("open").filter((alert) => isTold(alert, serverNow())));
  problems.second();
}

current.addEventListener("changed", showAlerts);
connection.on("readings", (message) => {
  fleet.readings(message);
  problems.readings(message);
});
connection.on("snapshot", (message) => {
  fleet.snapshot(message);
  problems.snapshot(message);
});
connection.on("error", (message) => fleet.refused(message));
for (const op of ["device", "presence", "series"]) connection.on(op, (message) => fleet.event(message));
connection.on("refill", ({ series }) => series !== null && amends.of(series)); // their lines come by themselves
connection.on("beat", (message) => fleet.beat(message));
document.addEventListener("visibilitychange", () => !document.hidden && fleet.load());
addEventListener("scroll", () => (fleet.scrolled = performance.now()), { passive: true });
document.addEventListener("keydown", (event) => {
  const from = document.activeElement;
  const to = walk(fleet.list, event);
  if (to && event.shiftKey) selection.extend(from, to);
});
fleet.list.addEventListener("pointerleave", () => fleet.pending && fleet.arrange());
setInterval(() => {
  showAlerts(); // a snooze ends by the clock alone
}, 1000);
setInterval(() => !document.hidden && fleet.load(), REFRESH);
const dressed = live.keepRead(["cards"], () => cards.read().catch(() => {})); // it is read again with the next connection
fleet.ready = Promise.all([current.first, dressed]).then(() => undefined);
live.keepRead([], () => { // what devices sent, or what was done to it, was missed
  amends.doubtAll();
  fleet.load();
}, () => fleet.load());
wireAdding(selection.selection, () => selection.clear());
