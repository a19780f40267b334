/**
 * What the pages' modules say, as JSON: `marked`, the texts given to `t`, `tn` and `tx`; `unmarked`, the literals that
 * look like text and are given to none of them; `spoiled`, calls whose text is not written out.
 *
 * What looks like text: two words in a row, or one that begins with a capital; or any letter where it is surely shown.
 */

import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";

const [folder] = process.argv.slice(2);
const CONTEXT = "\u0004";
const TAKES = { t: [1, 0], tx: [2, 1], tn: [2, 0] }; // texts at the front, and which of them names the entry
const SHOWN = new Set(["text", "title", "placeholder", "alt", "aria-label", "aria-description", "aria-roledescription"]);
const SHOWING = { toast: 0, setText: 1, setMark: 2, stateMark: 1, showTrouble: 1, confirm: 0, alert: 0, prompt: 0 }; // from which argument on
// Arguments that are names of something. `Error`: for who reads the console.
const NAMING = new Set([
  "byId", "querySelector", "querySelectorAll", "closest", "matches", "addEventListener", "removeEventListener", "dispatchEvent", "getItem",
  "setItem", "removeItem", "colour", "icon", "createElement", "createElementNS", "getPropertyValue", "setProperty", "add", "remove", "toggle",
  "contains", "Error", "TypeError", "CustomEvent", "KeyboardEvent", "RegExp", "on", "has", "get", "set", "delete", "matchMedia", "startsWith",
  "endsWith", "includes", "split", "join", "append:name", "getAttribute", "removeAttribute", "hasAttribute", "toggleAttribute", "DateTimeFormat", "warn", "log",
]);
const NAMED = new Set(["class", "className", "id", "name", "type", "href", "src", "for", "role", "method", "key", "font", "content-type", "Content-Type", "Accept", "target", "rel", "d", "viewBox"]);
const WORDS = /\p{L}{2,}[,;:.]? +\p{L}{2,}|(?<![\p{L}\p{N}_/.#-])\p{Lu}\p{Ll}+/u;
// Beside a value: "reached {when}".
const BESIDE = /(?<![\p{L}\p{N}_/.#$-])\p{L}{2,}:? \uFFFC|\uFFFC \p{L}{2,}(?![\p{L}\p{N}_/-])/u;
const WORD = /\p{L}{2,}/u;
const TECHNICAL = /^[a-z][a-zA-Z]*(?:Key|Down|Up|Left|Right)$|^(?:Arrow|Page)(?:Up|Down|Left|Right)$|^(?:Enter|Escape|Home|End|Tab|Shift|Space|Backspace|Authorization|GET|POST|PATCH|PUT|DELETE)$/;

const marked = [], unmarked = [], spoiled = [];

/** The text of a literal, with a mark for what is put in. */
function literal(node) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) return node.head.text + node.templateSpans.map((span) => `\uFFFC${span.literal.text}`).join("");
  return null;
}

const called = (node) => (ts.isIdentifier(node) ? node.text : ts.isPropertyAccessExpression(node) ? node.name.text : "");

/** The property a value belongs to, through `a ? b : c`, `a ?? b`, `a + b` and brackets. */
function place(node) {
  let child = node;
  let at = node.parent;
  while (ts.isConditionalExpression(at) || ts.isParenthesizedExpression(at) || ts.isAsExpression(at)
    || (ts.isBinaryExpression(at) && ["??", "||", "&&", "+"].includes(ts.tokenToString(at.operatorToken.kind)))) {
    if (ts.isConditionalExpression(at) && at.condition === child) return { kind: "condition" };
    child = at;
    at = at.parent;
  }
  if (ts.isPropertyAssignment(at) && at.initializer === child) return { kind: "property", name: at.name.text };
  if ((ts.isCallExpression(at) || ts.isNewExpression(at)) && at.arguments?.includes(child)) return { kind: "argument", name: called(at.expression), nth: at.arguments.indexOf(child) };
  if (ts.isBinaryExpression(at)) {
    const operator = ts.tokenToString(at.operatorToken.kind);
    if (["===", "!==", "in"].includes(operator)) return { kind: "condition" };
    if (operator === "=") return { kind: "property", name: called(at.left) };
  }
  if (ts.isCaseClause(at) || ts.isElementAccessExpression(at) || ts.isImportDeclaration(at) || ts.isExportDeclaration(at) || ts.isLiteralTypeNode(at)) return { kind: "condition" };
  if (ts.isPropertyAssignment(at) || ts.isComputedPropertyName(at)) return { kind: "condition" }; // the name of a property
  return { kind: "other" };
}

function looksLikeText(node, text) {
  const { kind, name, nth } = place(node);
  if (kind === "condition" || TECHNICAL.test(text) || text.startsWith("<")) return false;
  if (kind === "property" && NAMED.has(name)) return false;
  if (kind === "argument" && (NAMING.has(name) || ((name === "el" || name === "setAttribute") && nth === 0))) return false;
  const shown = (kind === "property" && (SHOWN.has(name) || name === "textContent")) || (kind === "argument" && nth >= SHOWING[name]);
  return (shown ? WORD : WORDS).test(text.replaceAll("\uFFFC", " 0 ")) || BESIDE.test(text);
}

function look(file, source, node) {
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text in TAKES) {
    const [many, which] = TAKES[node.expression.text];
    const texts = node.arguments.slice(0, many);
    if (texts.length < many || !texts.every((one) => ts.isStringLiteralLike(one))) spoiled.push({ file, text: node.getText().slice(0, 100) });
    else {
      const [context, text] = node.expression.text === "tx" ? [texts[0].text, texts[1].text] : ["", texts[which].text];
      marked.push({ file, key: context ? context + CONTEXT + text : text, plural: node.expression.text === "tn" ? texts[1].text : null });
    }
    node.arguments.slice(many).forEach((rest) => look(file, source, rest));
    return;
  }
  const text = literal(node);
  if (text !== null && looksLikeText(node, text)) {
    unmarked.push({ file, line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1, text });
  }
  ts.forEachChild(node, (child) => look(file, source, child));
}

for (const file of readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".js")).sort()) {
  if (file === "page/language.js") continue;
  const source = ts.createSourceFile(file, readFileSync(`${folder}/${file}`, "utf8"), ts.ScriptTarget.Latest, true);
  look(file, source, source);
}
process.stdout.write(JSON.stringify({ marked, unmarked, spoiled }));
