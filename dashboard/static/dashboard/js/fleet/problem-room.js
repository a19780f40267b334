/** How many rows of problems a page has room for. A list that grew or shrank under the viewer's hand would move what is below it. */

const MOST = { wide: 5, phone: 3 }; // rows; of more, how many
const IDLE = 30_000; // ms nobody has touched the page, after which the room may be another …
const STEP_EVERY = 5_000; // … by a row at a time, so that nothing jumps
const USES = ["pointermove", "pointerdown", "keydown", "wheel", "scroll"];

export class ProblemRoom {
  /** @param {HTMLElement} list its `data-room` says how many rows */
  constructor(list) {
    this.list = list;
    this.isAll = false; // all are asked for
    this.rows = 0; // before the first
    this.stepped = 0;
    this.used = performance.now();
    for (const use of USES) addEventListener(use, () => (this.used = performance.now()), { passive: true, capture: true });
  }

  /** All of them, or again those there is room for. */
  turn() {
    this.isAll = !this.isAll;
    this.rows = 0;
  }

  /** @param {number} many problems */
  make(many) {
    const wanted = Math.min(matchMedia("(max-width: 720px)").matches ? MOST.phone : MOST.wide, Math.max(1, many));
    const now = performance.now();
    if (this.rows === 0) {
      this.rows = wanted;
      this.used = this.stepped = now; // a page that took long to load was not left alone so long
    }
    if (wanted !== this.rows && now - this.used > IDLE && now - this.stepped > STEP_EVERY) {
      this.rows += Math.sign(wanted - this.rows);
      this.stepped = now;
    }
    this.list.dataset.room = this.isAll ? "all" : String(this.rows);
  }
}
