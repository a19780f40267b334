/** What the rule that is written would be for, and what it would have done there: asked anew with every change. */

import { byId, el, endTrouble, setText, showTrouble } from "../page/element.js";
import { day, dayAndMonth, hourAndMinute } from "../time/moment.js";
import { duration, humanise } from "../page/format.js";
import { limitsOf } from "./limits.js";
import { Replay } from "./replay.js";
import { ReplayChart } from "./replay-chart.js";
import { send } from "../page/rest.js";
import { sentence, sumsOf } from "./sums.js";
import { serverNow } from "../time/clock.js";
import { t } from "../page/language.js";

const LISTED = 100; // episodes in the list; the chart and the sentence have all

/** @typedef {import("./sums.js").Replayed} Replayed @typedef {import("./sums.js").Target} Target */

export class Assessment {
  /** @param {{draft: () => any, limit: (field: string, value: number) => void, told: (errors: any) => void, targets: (found: any) => void}} of
   * `told`: what is wrong with the draft, by field */
  constructor(of) {
    this.of = of;
    this.one = new Replay(); // of the target that is shown
    this.all = new Replay();
    this.chart = new ReplayChart({ moved: (field, value, isDone) => this.#moved(field, value, isDone) });
    /** @type {Target[]} */ this.targets = [];
    /** @type {Map<number, Replayed>} */ this.replayed = new Map();
    this.days = 7;
    this.asOf = 0;
    this.turn = 0;
    this.isAsking = false; // while a limit is dragged, one question at a time
    this.isChosen = false; // what is shown is somebody's choice
    byId("shown").addEventListener("change", () => {
      this.isChosen = true;
      this.#showTarget().catch((error) => this.#failed(error));
    });
    byId("days-back").addEventListener("click", (/** @type {Event} */ event) => {
      const days = Number(/** @type {HTMLElement} */ (event.target).dataset.days);
      if (days) this.#over(days);
    });
  }

  /** Another rule is open. */
  begin() {
    this.asOf = serverNow();
    this.isChosen = false;
    this.targets = [];
    this.replayed.clear();
    byId("shown").replaceChildren();
    byId("fired").replaceChildren();
    setText(byId("sentence"), t("Trying it on what was measured"));
    this.chart.showEpisodes([]);
    this.assess();
  }

  end() {
    this.turn += 1;
    this.one.cancel();
    this.all.cancel();
  }

  #over(/** @type {number} */ days) {
    this.days = days;
    this.asOf = serverNow();
    for (const button of byId("days-back").children) button.setAttribute("aria-pressed", String(Number(button.dataset.days) === days));
    this.assess();
  }

  async assess() {
    this.end(); // what is asked for another draft, or of another rule, says nothing of this one
    const { turn } = this;
    const draft = this.of.draft();
    this.chart.showLimits(limitsOf(draft.condition));
    byId("sentence").classList.add("is-old");
    try {
      const found = await send("POST", "/api/v1/alert-rules/targets/", draft);
      if (turn !== this.turn) return;
      this.of.told(found.errors);
      if (Object.keys(found.errors).length) {
        this.#nothing(t("It is tried as soon as nothing is wrong above."));
        return;
      }
      this.of.targets(found);
      this.#offer(found.targets);
      if (!found.total) {
        this.#nothing(t("It is for nothing there is now, so there is nothing to try it on."));
        return;
      }
      await Promise.all([this.#showTarget(), this.#replay(draft)]);
      endTrouble(byId("replay-trouble"));
    } catch (error) {
      if (turn === this.turn) this.#failed(error);
    }
  }

  #nothing(/** @type {string} */ why) {
    this.end();
    this.chart.showEpisodes([]);
    byId("fired").replaceChildren();
    setText(byId("sentence"), why);
    byId("sentence").classList.remove("is-old");
  }

  #failed(/** @type {any} */ error) {
    if (error.status === 400) {
      this.#nothing(t("It cannot be tried. {message}", { message: error.message }));
      return;
    }
    showTrouble(byId("replay-trouble"), t("Not tried. {message}", { message: error.message }), () => this.assess());
  }

  /** The targets one can look at; the one that is looked at stays. */
  #offer(/** @type {Target[]} */ targets) {
    this.targets = targets;
    const shown = byId("shown").value;
    byId("shown").replaceChildren(...targets.map(({ id, name, metric }) => el("option", { text: metric ? `${name}, ${humanise(metric)}` : name, attrs: { value: String(id) } })));
    if (targets.some(({ id }) => String(id) === shown)) byId("shown").value = shown;
  }

  async #showTarget() {
    const target = this.targets.find(({ id }) => String(id) === byId("shown").value) ?? null;
    const span = { from: this.asOf - this.days * 86_400_000, to: this.asOf };
    this.chart.showEpisodes((target && this.replayed.get(target.id)?.episodes) ?? []);
    const chart = this.chart.show(target, span.from, span.to);
    if (target) await this.#replayOne(this.of.draft(), target.id);
    await chart;
  }

  #replayOne(/** @type {any} */ draft, /** @type {number} */ target) {
    return this.one.ask(draft, { days: this.days, now: this.asOf, target }, ({ targets }) => {
      for (const one of targets) {
        this.replayed.set(one.id, one);
        if (String(one.id) === byId("shown").value) this.chart.showEpisodes(one.episodes);
      }
    });
  }

  #replay(/** @type {any} */ draft) {
    return this.all.ask(draft, { days: this.days, now: this.asOf }, (sofar) => {
      const { targets, stop, start, looked, total, isDone } = sofar;
      const days = Math.max(1, Math.round((stop - start) / 86_400_000));
      const judged = isDone ? "" : t(" {looked} of {total} judged so far.", { looked, total });
      setText(byId("sentence"), `${sentence(sumsOf(targets, stop), days, total)}${judged}`);
      byId("sentence").classList.toggle("is-old", !isDone);
      for (const one of targets) this.replayed.set(one.id, one);
      this.#list(targets, stop);
      if (isDone && !this.isChosen) this.#showOneThatFires(targets);
    });
  }

  /** Rather than one where nothing is to be seen. */
  #showOneThatFires(/** @type {Replayed[]} */ targets) {
    const fires = (/** @type {string} */ id) => targets.some((one) => String(one.id) === id && one.fired > 0);
    const other = this.targets.find(({ id }) => fires(String(id)));
    if (!other || fires(byId("shown").value)) return;
    byId("shown").value = String(other.id);
    this.#showTarget().catch((error) => this.#failed(error));
  }

  #list(/** @type {Replayed[]} */ targets, /** @type {number} */ stop) {
    const all = targets.flatMap((target) => target.episodes.map((episode) => ({ target, episode }))).sort((a, b) => b.episode[1] - a.episode[1]);
    const at = (/** @type {number} */ ms) => `${dayAndMonth(ms)} ${hourAndMinute(ms)}`;
    const until = (/** @type {number} */ from, /** @type {number} */ to) => (day(from) === day(to) ? hourAndMinute(to) : at(to));
    byId("fired").replaceChildren(...all.slice(0, LISTED).map(({ target, episode: [, fired, cleared] }) => el("li", {},
      el("b", { text: target.metric ? `${target.name}, ${humanise(target.metric)}` : target.name }),
      el("span", { text: cleared === null ? t("{at}, still firing", { at: at(fired) }) : t("{at} to {until}", { at: at(fired), until: until(fired, cleared) }) }),
      el("span", { class: "quiet", text: duration((cleared ?? stop) - fired) }))),
    ...(all.length > LISTED ? [el("li", { class: "quiet", text: t("and {more} more", { more: all.length - LISTED }) })] : []));
  }

  async #moved(/** @type {string} */ field, /** @type {number} */ value, /** @type {boolean} */ isDone) {
    this.of.limit(field, value);
    if (isDone) {
      this.assess();
      return;
    }
    const draft = this.of.draft();
    this.chart.showLimits(limitsOf(draft.condition));
    byId("sentence").classList.add("is-old");
    this.all.cancel(); // until it is let go
    const target = Number(byId("shown").value);
    if (this.isAsking || !target) return;
    this.isAsking = true;
    try {
      await this.#replayOne(draft, target);
    } catch {
      // Asked again when it is let go, and told then.
    } finally {
      this.isAsking = false;
    }
  }
}
