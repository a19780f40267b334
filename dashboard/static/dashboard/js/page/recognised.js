/**
 * An English sentence with values in it, known again and said in another language: what the server keeps and sends to everybody.
 *
 * Twin of `telemetry/series/recognised.py`, which says why; `telemetry/tests/recognised_cases.json` binds both.
 */

const MAX_TEXT = 4_000; // characters; what is longer stays as it is
const MAX_DEPTH = 4; // sentences within each other
const HOLE = /\{\d+\}/;

/** Those of one language. */
export class Sentences {
  /** @param {Record<string, string>} translated the English sentence with its holes, and what it is called */
  constructor(translated) {
    const all = Object.entries(translated);
    this.whole = new Map(all.filter(([text]) => !HOLE.test(text)));
    /** @type {{pieces: string[], said: string, size: number}[]} */
    const holed = all.filter(([text]) => HOLE.test(text)).map(([text, said]) => {
      const pieces = text.split(HOLE);
      return { pieces, said, size: pieces.join("").length };
    });
    // What says most by itself comes first: "{1} is no uid of a gateway" before "{1} is no {2}".
    this.holed = holed.sort((one, other) => other.size - one.size || compared(one.pieces, other.pieces));
  }

  /**
   * The text in this language, also what stands in its holes; as it is where it is unknown.
   * @param {string} text @param {number} [depth] @returns {string}
   */
  said(text, depth = 0) {
    if (text.length > MAX_TEXT || depth === MAX_DEPTH) return text;
    const whole = this.whole.get(text);
    if (whole !== undefined) return whole;
    for (const { pieces, said } of this.holed) {
      const values = valuesBetween(pieces, text)?.map((value) => this.said(value, depth + 1));
      if (values) return said.replace(/\{(\d+)\}/g, (_, number) => values[Number(number) - 1]);
    }
    return text;
  }
}

/** As Python orders lists of texts. @param {string[]} one @param {string[]} other */
function compared(one, other) {
  const at = one.findIndex((piece, place) => piece !== other[place]);
  if (at < 0 || at >= other.length) return one.length - other.length;
  return one[at] < other[at] ? -1 : 1;
}

/** What stands between the pieces; null: it is another text. @param {string[]} pieces @param {string} text */
function valuesBetween(pieces, text) {
  const first = pieces[0], last = pieces[pieces.length - 1];
  if (!text.startsWith(first) || !text.endsWith(last)) return null;
  const end = text.length - last.length, found = [];
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const until = text.indexOf(piece, at);
    if (until < 0 || until + piece.length > end) return null;
    found.push(text.slice(at, until));
    at = until + piece.length;
  }
  return at <= end ? [...found, text.slice(at, end)] : null;
}
