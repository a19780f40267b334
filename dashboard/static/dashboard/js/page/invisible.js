/**
 * Characters that nobody sees, or that turn the words around them about: what devices send is kept, and shown with these marked.
 *
 * Elements do not reorder each other (`unicode-bidi: isolate` in base.css). Within a sentence a name is isolated here.
 */

// Control characters, bidirectional controls, and what has no width or is drawn as nothing; not what joins letters or emoji.
const UNSEEN =
  /(?![\t\n\r])[\p{Cc}\u00ad\u061c\u115f\u1160\u200b\u200e\u200f\u2028-\u202e\u2060-\u2065\u206a-\u206f\u2800\u3164\ufeff\uffa0]/gu;
const ISOLATES = /[\u2066-\u2069]/g;
const FROM_THE_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

const mark = (/** @type {string} */ character) => `[U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`;

/** The text with each of them as its number; what is no text stays. @param {string} text */
export const marked = (text) => (typeof text === "string" ? text.replace(UNSEEN, mark) : text);

/** What stands for a name in a sentence: it ends where it ends, and the sentence goes on as it began. @param {string} value */
export function isolated(value) {
  const shown = areClosed(value) ? marked(value) : marked(value).replace(ISOLATES, mark);
  return FROM_THE_RIGHT.test(shown) ? `\u2068${shown}\u2069` : shown;
}

/** Whether each isolate ends, as those of a sentence within another do. */
function areClosed(/** @type {string} */ value) {
  let open = 0;
  for (const [character] of value.matchAll(ISOLATES)) {
    open += character === "\u2069" ? -1 : 1;
    if (open < 0) return false;
  }
  return open === 0;
}
