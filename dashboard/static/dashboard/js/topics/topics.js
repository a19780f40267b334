/** The topic browser: what flows through the broker now. Asking has the bridges count; nobody asks of a hidden page. */

import { byId, el, endTrouble, setText, showTrouble } from "../page/element.js";
import { Filters } from "./filters.js";
import { get } from "../page/rest.js";
import { keepRead } from "../live/live.js";
import { counted, number } from "../page/format.js";
import { Rates, tree } from "./topic-tree.js";
import { TopicDetail } from "./topic-detail.js";
import { TopicList } from "./topic-list.js";
import { t } from "../page/language.js";

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
      showTrouble(byId("trouble"), t("What flows could not be read. {message}", { message: /** @type {Error} */ (error).message }), () => {});
    }
  }
  setTimeout(read, EVERY);
}

function show(total = topics.length) {
  const root = tree(topics, told, byId("search").value);
  const more = list.show(root);
  setText(byId("count"), total ? `${number(total, 0)}` : "");
  const on = counted(root.topics, "topic");
  setText(byId("since"), total ? [root.rate === null ? on : t("{rate} messages/s on {topics}", { rate: number(root.rate, 1), topics: on }), more ? t("{more} rows more: search, or close some", { more: number(more, 0) }) : ""].filter(Boolean).join("; ") : "");
  byId("topics-empty").hidden = root.topics > 0;
  const quiet = Date.now() - began > FIRST ? t("Nothing has come since this page was opened. Whatever comes on a topic the bridge listens to shows here.") : t("Listening");
  setText(byId("topics-empty"), topics.length ? t("No topic is like this.") : quiet);
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
keepRead(["listening"], () => own.read());
