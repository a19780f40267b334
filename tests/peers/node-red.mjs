// Node-RED with the flow beside it, until standard input ends: `node node-red.mjs PACKAGES PORT`. Its own MQTT nodes
// publish what is measured, hear what Pulseboard publishes, and tell that doubled.
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [packages, port] = process.argv.slice(2);
process.env.BROKER_PORT = port; // the flow has it
const RED = createRequire(join(packages, "package.json"))("node-red");
const userDir = mkdtempSync(join(tmpdir(), "node-red-"));
process.on("exit", () => rmSync(userDir, { recursive: true, force: true }));

RED.init({
  userDir,
  flowFile: join(import.meta.dirname, "node-red", "flows.json"),
  readOnly: true,
  credentialSecret: false,
  httpAdminRoot: false, // no editor, nothing listens
  httpNodeRoot: false,
  telemetry: { enabled: false, updateNotification: false },
  externalModules: { palette: { allowInstall: false }, modules: { allowInstall: false } },
  functionExternalModules: false,
});
RED.events.on("node-status", (/** @type {{id: string, status: {fill?: string}}} */ { id, status }) => {
  if (id === "told" && status.fill === "green") process.stdout.write("spoken\n");
});
await RED.start();
process.stdin.resume().on("end", async () => {
  await RED.stop();
  process.exit(0);
});
