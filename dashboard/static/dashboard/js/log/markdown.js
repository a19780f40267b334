/**
 * What people write in the log, read as a subset of Markdown: paragraphs, lists, quotes, code, strong, emphasis, strike, links,
 * @names and #tags. Pure: it gives a tree, `written.js` builds elements of it. What is none of the subset stays the text it is.
 *
 * Not a library: those give HTML, which would have to be cleaned again before a page may show it.
 */

const DEEP = 4; // levels of quotes, and of marks within marks; deeper ones stay text
const SPAN = 2_000; // characters between a mark and its end: a text of nothing but marks is read in linear time
const PUNCTUATION = /[!-/:-@[-`{-~]/;
const WORD = /[\p{L}\p{N}_]/u;

/**
 * @typedef {{type: "text", text: string}|{type: "break"}|{type: "code", text: string}|{type: "strong"|"em"|"s", inside: Inline[]}
 *   |{type: "link", href: string, text: string}|{type: "mention", name: string}|{type: "tag", name: string}} Inline
 * @typedef {{type: "p", inside: Inline[]}|{type: "pre", text: string}|{type: "list", start: number|null, items: Inline[][]}
 *   |{type: "quote", blocks: Block[]}} Block  `start`: null for a list without numbers
 */

const FENCE = /^\s{0,3}```/;
const ITEM = /^\s{0,3}(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const QUOTE = /^\s{0,3}>\s?(.*)$/;

/** @param {string} text @param {Iterable<string>} [names] who is meant by @name @returns {Block[]} */
export function parse(text, names = []) {
  return blocks(text.replace(/\r\n?/g, "\n").split("\n"), new Set(names), 0);
}

/** @param {string[]} lines @param {Set<string>} names @param {number} depth @returns {Block[]} */
function blocks(lines, names, depth) {
  /** @type {Block[]} */ const found = [];
  /** @type {string[]} */ let paragraph = [];
  const end = () => {
    if (paragraph.length) found.push({ type: "p", inside: inline(paragraph.join("\n"), names, 0) });
    paragraph = [];
  };
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i];
    if (FENCE.test(line)) {
      end();
      const from = i + 1;
      do i += 1; while (i < lines.length && !FENCE.test(lines[i])); // one that is not closed goes to the end
      found.push({ type: "pre", text: lines.slice(from, i).join("\n") });
    } else if (!line.trim()) end();
    else if (QUOTE.test(line) && depth < DEEP) {
      end();
      const from = i;
      while (i + 1 < lines.length && QUOTE.test(lines[i + 1])) i += 1;
      found.push({ type: "quote", blocks: blocks(lines.slice(from, i + 1).map((one) => one.replace(QUOTE, "$1")), names, depth + 1) });
    } else if (ITEM.test(line)) {
      end();
      const [, number] = /** @type {RegExpMatchArray} */ (line.match(ITEM));
      const items = [];
      for (let item = line.match(ITEM); item && (item[1] === undefined) === (number === undefined); item = lines[i]?.match(ITEM) ?? null) {
        const said = [item[2]];
        // A line that is set in goes on with the item.
        while (/^\s{2,}\S/.test(lines[i + 1] ?? "") && !ITEM.test(lines[i + 1])) said.push(lines[++i].trim());
        items.push(inline(said.join("\n"), names, 0));
        i += 1;
      }
      i -= 1;
      found.push({ type: "list", start: number === undefined ? null : Number(number), items });
    } else paragraph.push(line);
  }
  end();
  return found;
}

/** Sticky: each is tried where the reader stands. */
const CODE = /`([^`\n]{1,2000})`/y;
const LINK = /\[([^\]\n]{1,500})\]\(([^()\s]{1,2000})\)/y;
const ADDRESS = /https?:\/\/[^\s<>"'`]{1,2000}/y;
const MENTION = /@([\p{L}\p{N}_.@+-]{1,150})/uy;
const TAG = /#([\p{L}\p{N}_][\p{L}\p{N}_-]{0,31})(?![\p{L}\p{N}_-])/uy; // as shiftlog/words.py finds them
const MARKS = /** @type {["strong"|"em"|"s", string][]} */ ([["strong", "**"], ["strong", "__"], ["s", "~~"], ["em", "*"], ["em", "_"]]);

/** @param {string} text @param {Set<string>} names @param {number} depth @returns {Inline[]} */
function inline(text, names, depth) {
  /** @type {Inline[]} */ const found = [];
  let plain = "";
  let at = 0;
  while (at < text.length) {
    const sign = text[at];
    const free = at === 0 || !WORD.test(text[at - 1]); // no word goes on here: a@b.de is no mention, x_y_z has no emphasis
    const escaped = sign === "\\" && PUNCTUATION.test(text[at + 1] ?? "");
    const read = escaped ? null : atom(text, at, free, names) ?? (depth < DEEP ? marked(text, at, free, names, depth) : null);
    if (read) {
      if (plain) found.push({ type: "text", text: plain });
      plain = "";
      found.push(read.one);
      at += read.length;
    } else {
      plain += escaped ? text[at + 1] : sign;
      at += escaped ? 2 : 1;
    }
  }
  if (plain) found.push({ type: "text", text: plain });
  return found;
}

/** What begins with its own sign and holds no other marks. @param {string} text @param {number} at @param {boolean} free @param {Set<string>} names
 * @returns {{one: Inline, length: number}|null} */
function atom(text, at, free, names) {
  /** @param {RegExp} mark */
  const here = (mark) => {
    mark.lastIndex = at;
    return mark.exec(text);
  };
  const sign = text[at];
  if (sign === "\n") return { one: { type: "break" }, length: 1 };
  const match = sign === "`" ? here(CODE) : sign === "[" ? here(LINK) : !free ? null : sign === "h" ? here(ADDRESS) : sign === "@" ? here(MENTION) : sign === "#" ? here(TAG) : null;
  if (!match) return null;
  const [all, first, second] = match;
  if (sign === "`") return { one: { type: "code", text: first }, length: all.length };
  if (sign === "[") return isSafe(second) ? { one: { type: "link", href: second, text: first }, length: all.length } : null;
  if (sign === "h") {
    const href = withoutEnd(all);
    return { one: { type: "link", href, text: href }, length: href.length };
  }
  if (sign === "#") return /[#/&]/.test(text[at - 1] ?? "") ? null : { one: { type: "tag", name: first.toLowerCase() }, length: all.length };
  const name = nameOf(first, names);
  return name ? { one: { type: "mention", name }, length: name.length + 1 } : null;
}

/** **strong** and its like, where they begin here and end before a word goes on. @param {string} text @param {number} at @param {boolean} free
 * @param {Set<string>} names @param {number} depth @returns {{one: Inline, length: number}|null} */
function marked(text, at, free, names, depth) {
  for (const [type, mark] of MARKS) {
    if (!text.startsWith(mark, at) || (mark[0] === "_" && !free)) continue;
    const from = at + mark.length;
    if (!text[from] || /\s/.test(text[from])) continue;
    const room = text.slice(from, from + SPAN);
    for (let to = room.indexOf(mark, 1); to > 0; to = room.indexOf(mark, to + 1)) {
      if (/\s/.test(room[to - 1]) || room[to - 1] === "\\") continue;
      if (mark[0] === "_" && WORD.test(room[to + mark.length] ?? "")) continue;
      if (mark.length === 1 && (room[to + 1] === mark || room[to - 1] === mark)) continue; // it is half of a longer one
      if (mark.length === 2 && room[to + 2] === mark[0]) continue; // the one within ends first: **a *b***
      return { one: { type, inside: inline(room.slice(0, to), names, depth + 1) }, length: to + 2 * mark.length };
    }
  }
  return null;
}

/** The longest name of somebody that is meant here: "@olga." means olga. @param {string} read @param {Set<string>} names */
function nameOf(read, names) {
  return [...names].filter((name) => read.startsWith(name) && !WORD.test(read[name.length] ?? "")).sort((a, b) => b.length - a.length)[0];
}

/** A full stop ends the sentence, not the address; a bracket is its own only where it opens one. @param {string} href */
function withoutEnd(href) {
  let said = href;
  for (;;) {
    const last = said[said.length - 1];
    const odd = last === ")" && said.split("(").length <= said.split(")").length - 1;
    if (!odd && !/[.,;:!?*_~\]]/.test(last)) return said;
    said = said.slice(0, -1);
  }
}

/** Whether a link may lead there: to a page of ours, or somewhere by http or mail. No script, no data, no other scheme.
 * @param {string} href */
export function isSafe(href) {
  if (/^\/(?![/\\])/.test(href)) return true;
  return /^(https?:\/\/[^/\\]|mailto:)/i.test(href);
}

/** Where a link to others leads, when its words do not say so: its host, or whom it writes to. "" when they do, and for our own pages.
 * @param {string} href @param {string} text */
export function leadsTo(href, text) {
  if (href.startsWith("/")) return "";
  if (!URL.canParse(href)) return href;
  const { protocol, host, username, pathname } = new URL(href);
  if (protocol === "mailto:") return text === pathname || text === href ? "" : pathname;
  return (text === href && !username) || text === host ? "" : host;
}

/** What it says without its marks, on one line, at most so long. @param {string} text @param {number} most characters */
export function firstWords(text, most) {
  const said = parse(text).map(plainBlock).join(" ").replace(/\s+/g, " ").trim();
  return said.length > most ? `${said.slice(0, most - 1).trimEnd()}…` : said;
}

/** @param {Block} block @returns {string} */
function plainBlock(block) {
  if (block.type === "pre") return block.text;
  if (block.type === "quote") return block.blocks.map(plainBlock).join(" ");
  return block.type === "list" ? block.items.map(plain).join(" ") : plain(block.inside);
}

/** @param {Inline[]} inside @returns {string} */
const plain = (inside) => inside.map((one) => {
  if (one.type === "break") return " ";
  if (one.type === "mention") return `@${one.name}`;
  if (one.type === "tag") return `#${one.name}`;
  return "text" in one ? one.text : plain(one.inside);
}).join("");
