/** The topic browser: what flows through the broker now. Asking has the bridges count; nobody asks of a hidden page. */

import { byId, el, endTrouble, setText, showTrouble } from "../page/element.js";
import { Filters } from "./filters.js";
import { get } from "../page/rest.js";
import { keepRead } from "../live/live.js";
import { counted, number } from "../page/format.js";
import { Rates, tree } from "./topic-tree.js";
import { TopicDetail } from "./topic-detail.js";
import { TopicList } from "./topic-list.js";

const EVERY = 1_000; // ms between two questions
const FIRST = 4_000; // ms after which nothing is flowing, as far as one can tell

const rates = new Rates();
const detail = new TopicDetail();
const list = new TopicList((topic) => {
  history.replaceState(null, "", `?topic=${encodeURIComponent(topic)}`);
  detail.show(topic);
  byId("detail").scrollIntoView({ block: "nearest" }); // on a phone it stands above the list
});
const began = Date.now();
/** @type {import("./topic-tree.js").Topic[]} */ let topics = [];
/** @type {Map<string, number>} */ let told = new Map();
let filters = "";

async function read() {
  if (!document.hidden) {
    try {
      const answer = await get("/api/v1/topics/");
      ({ topics } = answer);
      told = rates.of(topics, answer.now);
      show(answer.total);
      listens(answer.filters);
      endTrouble(byId("trouble"));
    } catch (error) {
      showTrouble(byId("trouble"), `What flows could not be read. ${/** @type {Error} */ (error).message}`, () => {});
    }
  }
  setTimeout(read, EVERY);
}

function show(total = topics.length) {
  const root = tree(topics, told, byId("search").value);
  const more = list.show(root);
  setText(byId("count"), total ? `${number(total, 0)}` : "");
  setText(byId("since"), total ? `${number(root.rate, 1)} messages/s on ${counted(root.topics, "topic")}${more ? `; ${number(more, 0)} rows more: search, or close some` : ""}` : "");
  byId("topics-empty").hidden = root.topics > 0;
  const quiet = Date.now() - began > FIRST ? "Nothing has come since this page was opened. Whatever comes on a topic the bridge listens to shows here." : "Listening";
  setText(byId("topics-empty"), topics.length ? "No topic is like this." : quiet);
}

/** @param {string[]} found */
function listens(found) {
  if (filters === found.join(" ")) return;
  filters = found.join(" ");
  setText(byId("listens-count"), number(found.length, 0));
  byId("listens").replaceChildren(...found.map((text) => el("li", { text })));
}

byId("search").addEventListener("input", () => show());
const wanted = new URLSearchParams(location.search).get("topic");
if (wanted !== null) {
  list.open = wanted;
  for (let at = wanted.indexOf("/"); at >= 0; at = wanted.indexOf("/", at + 1)) list.turned.set(wanted.slice(0, at), true);
  detail.show(wanted);
}
read();
const own = new Filters();
own.read();
keepRead(["listening"], () => own.read());
