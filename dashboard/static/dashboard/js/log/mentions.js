/** Somebody who is being named in a text: @ and what was typed of the name. Pure. */

const MOST = 6; // names offered

/** The name being typed before the caret, or null. @param {string} text @param {number} caret @returns {{from: number, typed: string}|null} */
export function typedName(text, caret) {
  const match = /(?:^|[^\p{L}\p{N}_])@([\p{L}\p{N}_.+-]{0,150})$/u.exec(text.slice(0, caret));
  return match && { from: caret - match[1].length - 1, typed: match[1] };
}

/** Those who may be meant, the likeliest first: whose name begins so, then who has it within. @param {string} typed @param {string[]} names */
export function likely(typed, names) {
  const sought = typed.toLowerCase();
  const rank = (/** @type {string} */ name) => (name.toLowerCase().startsWith(sought) ? 0 : 1);
  return names.filter((name) => name.toLowerCase().includes(sought))
    .sort((a, b) => rank(a) - rank(b) || (a.toLowerCase() < b.toLowerCase() ? -1 : 1)).slice(0, MOST);
}

/** The text with the name chosen, and where the caret is then. @param {string} text @param {{from: number, typed: string}} at @param {string} name */
export function complete(text, { from, typed }, name) {
  const before = `${text.slice(0, from)}@${name} `;
  return { text: before + text.slice(from + 1 + typed.length).replace(/^ /, ""), caret: before.length };
}
