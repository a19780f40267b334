/** A subset of Markdown: what is read, what stays text, and that no text takes long. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { firstWords, isSafe, leadsTo, parse } from "../js/log/markdown.js";

const text = (said) => ({ type: "text", text: said });
const line = (said, names = []) => /** @type {any} */ (parse(said, names)[0]).inside;

test("paragraphs, lists, quotes and code", () => {
  assert.deepEqual(parse("one\ntwo\n\nthree"), [
    { type: "p", inside: [text("one"), { type: "break" }, text("two")] }, { type: "p", inside: [text("three")] },
  ]);
  assert.deepEqual(parse("Done:\n- pump\n- valve\n  twice\n3. then\n4. last"), [
    { type: "p", inside: [text("Done:")] },
    { type: "list", start: null, items: [[text("pump")], [text("valve"), { type: "break" }, text("twice")]] },
    { type: "list", start: 3, items: [[text("then")], [text("last")]] },
  ]);
  assert.deepEqual(parse("> said\n> - so\nno"), [
    { type: "quote", blocks: [{ type: "p", inside: [text("said")] }, { type: "list", start: null, items: [[text("so")]] }] },
    { type: "p", inside: [text("no")] },
  ]);
  assert.deepEqual(parse("```\n<b>*a*</b>\n```\nb"), [{ type: "pre", text: "<b>*a*</b>" }, { type: "p", inside: [text("b")] }]);
  assert.deepEqual(parse("```\nnever closed"), [{ type: "pre", text: "never closed" }]);
  assert.deepEqual(parse(""), []);
});

test("marks within a line", () => {
  assert.deepEqual(line("a **b *c*** `d*e` ~~f~~"), [
    text("a "), { type: "strong", inside: [text("b "), { type: "em", inside: [text("c")] }] }, text(" "), { type: "code", text: "d*e" }, text(" "), { type: "s", inside: [text("f")] },
  ]);
  // Names of things are no emphasis, nor are sums or what is not closed.
  for (const plain of ["motor_x_rms and pump_0_", "2 * 3 * 4", "**open", "a ** b **", "-5 °C", "`open", "_a"]) assert.deepEqual(line(plain), [text(plain)]);
  assert.deepEqual(line("\\*so\\* \\@olga", ["olga"]), [text("*so* @olga")]);
  assert.deepEqual(line("_so_, __so__"), [{ type: "em", inside: [text("so")] }, text(", "), { type: "strong", inside: [text("so")] }]);
});

test("links lead to pages and by http, and nowhere by a script", () => {
  assert.deepEqual(line("see [the pump](/devices/pump-1/?window=1h)."), [
    text("see "), { type: "link", href: "/devices/pump-1/?window=1h", text: "the pump" }, text("."),
  ]);
  assert.deepEqual(line("(https://example.org/a_(b)), or so")[1], { type: "link", href: "https://example.org/a_(b)", text: "https://example.org/a_(b)" });
  for (const href of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "//evil.example", "/\\evil.example", "vbscript:x", " javascript:x", "http:/\\x", "java\nscript:x", "file:///etc"]) {
    assert.equal(isSafe(href), false, href);
  }
  for (const href of ["/", "/log/?tag=a", "https://a.example", "http://a.example/b", "mailto:a@b.example"]) assert.equal(isSafe(href), true, href);
  assert.deepEqual(line("[x](javascript:alert)"), [text("[x](javascript:alert)")]);
});

test("who is named, and what it is tagged with", () => {
  assert.deepEqual(line("@olga.b, @olga. and a@olga @nobody", ["olga", "olga.b"]), [
    { type: "mention", name: "olga.b" }, text(", "), { type: "mention", name: "olga" }, text(". and a@olga @nobody"),
  ]);
  assert.deepEqual(line("#Pumpe-3 at a#b ##x `#no`"), [{ type: "tag", name: "pumpe-3" }, text(" at a#b ##x "), { type: "code", text: "#no" }]);
  assert.deepEqual(line(`#${"w".repeat(33)}`), [text(`#${"w".repeat(33)}`)]);
});

test("its first words are one line without marks", () => {
  assert.equal(firstWords("**Pump** [3](/devices/3/) stopped\n- again", 80), "Pump 3 stopped again");
  assert.equal(firstWords("w".repeat(50), 10), `${"w".repeat(9)}…`);
});

test("a text of nothing but marks is read in a moment, and as deep as any", () => {
  for (const mark of ["*", "**a ", "_a", "[", "`", "> ", "~~", "[a](", "- ", "@", "*a _b "]) {
    const all = parse(mark.repeat(3_300).slice(0, 10_000), ["olga"]);
    assert.ok(all.length > 0, mark);
  }
  assert.equal(parse(`${">".repeat(100)} deep`).length, 1);
});
test("a link whose words do not say where it leads says so", () => {
  for (const [href, words, said] of [
    ["https://evil.example/login", "https://bank.example/login", "evil.example"], ["https://evil.example/", "Runbook", "evil.example"],
    ["https://bank.example@evil.example/", "https://bank.example@evil.example/", "evil.example"], ["https://b\u0430nk.example/", "bank", "xn--bnk-6cd.example"],
    ["mailto:a@evil.example?subject=x", "Support", "a@evil.example"], ["https://:99999/", "odd", "https://:99999/"],
    ["https://example.org/a", "https://example.org/a", ""], ["https://example.org/a", "example.org", ""], ["mailto:a@b.de", "a@b.de", ""], ["/devices/a/", "the pump", ""],
  ]) assert.equal(leadsTo(href, words), said, href);
});
