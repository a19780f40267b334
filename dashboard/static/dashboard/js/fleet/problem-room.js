/** How many rows of problems a page has room for. A list that grew or shrank under the viewer's hand would move what is below it. */

const MOST = { wide: 5, phone: 3 }; // rows; of more, how many
const IDLE = 30_000; // ms nobody has touched the page, after which the room may be another …
const STEP_EVERY = 5_000; // … by a row at a time, so that nothing jumps
const USES = ["pointermove", "pointerdown", "keydown", "wheel", "scroll"];

const PHONE = "(max-width: 720px)";

/** @typedef {{now: () => number, isPhone: () => boolean, used: (told: () => void) => void}} World `used`: has told when somebody touches the page */
/** @type {World} */ const PAGE = {
  now: () => performance.now(),
  isPhone: () => matchMedia(PHONE).matches,
  used: (told) => USES.forEach((use) => addEventListener(use, told, { passive: true, capture: true })),
};

export class ProblemRoom {
  /** @param {{dataset: DOMStringMap}} list its `data-room` says how many rows @param {World} [world] */
  constructor(list, world = PAGE) {
    this.list = list;
    this.world = world;
    this.isAll = false; // all are asked for
    this.rows = 0; // before the first
    this.stepped = 0;
    this.used = world.now();
    world.used(() => (this.used = world.now()));
  }

  /** All of them, or again those there is room for. */
  turn() {
    this.isAll = !this.isAll;
    this.rows = 0;
  }

  /** @param {number} many problems */
  make(many) {
    const wanted = Math.min(this.world.isPhone() ? MOST.phone : MOST.wide, Math.max(1, many));
    const now = this.world.now();
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
