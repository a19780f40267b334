/** One operation of the API: what it takes and answers, and a form that sends it with the viewer's session. */

import { bodyOf, exampleOf } from "./schema-example.js";
import { csrfToken } from "../page/rest.js";
import { duration, size } from "../page/format.js";
import { el, setText } from "../page/element.js";
import { t } from "../page/language.js";

const SHOWN = 100_000; // characters of an answer

/** @typedef {{method: string, path: string, spec: any, named: Record<string, any>}} Operation */

/** Whether a session is enough; otherwise one names a token. @param {any} spec */
const takesSession = (spec) => (spec.security ?? [{ cookieAuth: [] }]).some((/** @type {any} */ one) => "cookieAuth" in one);

/** @param {Operation} operation */
export function operationRow(operation) {
  const { method, path, spec } = operation;
  const details = el("details", { attrs: { id: spec.operationId } }, el("summary", {},
    el("span", { class: "method mono", text: method.toUpperCase() }), el("span", { class: "path mono", text: path }), el("span", { class: "soft", text: spec.summary ?? (spec.description ?? "").split(/\.\s/)[0] })));
  details.addEventListener("toggle", () => details.append(...body(operation)), { once: true });
  return el("li", {}, details);
}

/** @param {Operation} operation */
function body(operation) {
  const { spec, named } = operation;
  const about = spec.description ? [el("p", { class: "soft about", text: spec.description })] : [];
  return [el("div", { class: "operation" }, ...about, form(operation), el("h3", { text: t("Answers") }), ...answers(spec, named))];
}

/** @param {any} spec @param {Record<string, any>} named */
function answers(spec, named) {
  return Object.entries(spec.responses ?? {}).flatMap(([status, { description, content }]) => {
    const schema = content ? Object.values(content)[0].schema : undefined;
    const example = schema ? [el("pre", { class: "sample", text: JSON.stringify(exampleOf(schema, named), null, 2), attrs: { tabindex: "0", "aria-label": t("Answer {status}", { status }) } })] : [];
    return [el("p", {}, el("b", { text: status }), ` ${description || (schema ? "" : "without a body")}`), ...example];
  });
}

/** @param {Operation} operation */
function form(operation) {
  const { method, spec, named } = operation;
  const fields = (spec.parameters ?? []).map((/** @type {any} */ parameter) => field(parameter, spec.operationId));
  if (!takesSession(spec)) fields.push(field({ name: "Authorization", in: "header", description: t("Token …, Bearer pd_…, or Basic …") }, spec.operationId));
  const made = spec.requestBody ? bodyOf(spec.requestBody.content, named) : null;
  const text = made && /** @type {HTMLTextAreaElement} */ (el("textarea", { class: "field mono", attrs: { rows: String(Math.min(14, made.text.split("\n").length + 1)), spellcheck: "false" } }));
  if (made && text) text.value = made.text;
  const send = /** @type {HTMLButtonElement} */ (el("button", { class: "button main", text: t("Send {method}", { method: method.toUpperCase() }) }));
  const status = el("p", { class: "status", attrs: { role: "status" } });
  const answer = el("pre", { class: "sample", attrs: { tabindex: "0", "aria-label": t("The answer"), hidden: "" } });
  const node = /** @type {HTMLFormElement} */ (el("form", {}, ...fields,
    ...(text ? [el("label", { class: "parameter" }, el("span", { class: "mono", text: t("body") }), text)] : []), el("div", {}, send), status, answer));
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    setText(status, t("Sent"));
    const began = performance.now();
    try {
      const response = await fetch(address(operation, node), request(operation, node, made && text ? { type: made.type, text: text.value } : null));
      const said = await response.text();
      setText(status, `${response.status} ${response.statusText} · ${duration(performance.now() - began)} · ${size(said.length)}`);
      setText(answer, pretty(said));
      answer.hidden = said === "";
    } catch (error) {
      setText(status, t("No answer: {message}", { message: /** @type {Error} */ (error).message }));
      answer.hidden = true;
    }
    send.disabled = false;
  });
  return node;
}

/** @param {any} parameter @param {string} operation */
function field({ name, in: where, required, description, schema }, operation) {
  const id = `${operation}-${name}`;
  const choices = schema?.enum ?? (schema?.type === "boolean" ? ["true", "false"] : null);
  const attrs = { id, name: `${where}:${name}`, autocomplete: "off", ...(required ? { required: "" } : {}) };
  const input = choices
    ? el("select", { class: "field", attrs }, el("option", { text: t("any"), attrs: { value: "" } }), ...choices.map((/** @type {any} */ one) => el("option", { text: String(one) })))
    : el("input", { class: "field", attrs: { ...attrs, spellcheck: "false" } });
  return el("div", { class: "parameter" }, el("label", { class: "mono", text: required ? `${name} *` : name, attrs: { for: id } }), input, el("span", { class: "small quiet", text: description ?? "" }));
}

/** What was filled in of one kind. @param {HTMLFormElement} form @param {string} where @returns {[string, string][]} */
function filled(form, where) {
  return [...new FormData(form)].flatMap(([name, value]) => (name.startsWith(`${where}:`) && value !== "" ? [/** @type {[string, string]} */ ([name.slice(where.length + 1), String(value)])] : []));
}

/** @param {Operation} operation @param {HTMLFormElement} form */
function address({ path }, form) {
  const query = new URLSearchParams(filled(form, "query"));
  const whole = filled(form, "path").reduce((text, [name, value]) => text.replace(`{${name}}`, encodeURIComponent(value)), path);
  return query.size ? `${whole}?${query}` : whole;
}

/** @param {Operation} operation @param {HTMLFormElement} form @param {{type: string, text: string}|null} body @returns {RequestInit} */
function request({ method, spec }, form, body) {
  const headers = { Accept: "application/json", ...(body ? { "Content-Type": body.type } : {}), ...(takesSession(spec) ? { "X-CSRFToken": csrfToken() } : {}), ...Object.fromEntries(filled(form, "header")) };
  return { method: method.toUpperCase(), headers, credentials: takesSession(spec) ? "same-origin" : "omit", body: body?.text };
}

/** @param {string} said */
function pretty(said) {
  try {
    return JSON.stringify(JSON.parse(said), null, 2).slice(0, SHOWN);
  } catch {
    return said.slice(0, SHOWN);
  }
}
