/** Opens the connection of a page while the modules that draw it are still on their way: what they read waits for it. */

import { connection } from "./live.js";

connection.open();
