/** The page of a device that was deleted: have it back. */

import { byId } from "../page/element.js";
import { connection } from "../live/live.js";
import { restoreDevices } from "./undo.js";

const { uid } = byId("removed").dataset;
byId("restore").addEventListener("click", async () => (await restoreDevices([uid])) && location.reload());
connection.on("device", ({ change, device }) => device.uid === uid && change === "created" && location.reload());
