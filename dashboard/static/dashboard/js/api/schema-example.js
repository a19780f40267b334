/** What the OpenAPI document says of a value, as an example of it. Pure. */

const DEEPEST = 6; // levels; what is deeper, or contains itself, is cut

/** @typedef {Record<string, any>} Schema */

/** @param {Schema|undefined} schema @param {Record<string, Schema>} named the schemas others refer to @param {number} [depth] @returns {any} */
export function exampleOf(schema, named, depth = 0) {
  if (schema === undefined || depth > DEEPEST) return "…";
  if (schema.$ref) return exampleOf(named[schema.$ref.split("/").pop()], named, depth + 1);
  if (schema.example !== undefined) return schema.example;
  if (schema.enum?.length) return schema.enum[0];
  if (schema.allOf) {
    const parts = schema.allOf.map((/** @type {Schema} */ one) => exampleOf(one, named, depth));
    return parts.length === 1 ? parts[0] : Object.assign({}, ...parts);
  }
  const one = schema.oneOf ?? schema.anyOf;
  if (one) return exampleOf(one[0], named, depth);
  return ofType(schema, named, depth);
}

/** @param {Schema} schema @param {Record<string, Schema>} named @param {number} depth */
function ofType(schema, named, depth) {
  switch (schema.type) {
    case "object": {
      const own = Object.entries(schema.properties ?? {}).map(([name, value]) => [name, exampleOf(value, named, depth + 1)]);
      const any = typeof schema.additionalProperties === "object" ? [["name", exampleOf(schema.additionalProperties, named, depth + 1)]] : [];
      return Object.fromEntries([...own, ...any]);
    }
    case "array": return [exampleOf(schema.items, named, depth + 1)];
    case "integer": return schema.minimum ?? 1;
    case "number": return 0.5;
    case "boolean": return true;
    case "string": return schema.format === "date-time" ? "2026-11-22T06:00:00Z" : "text";
    default: return null;
  }
}

/** What one sends, but for what only the server writes. @param {any} content as in `requestBody.content` @param {Record<string, Schema>} named
 * @returns {{type: string, text: string}} */
export function bodyOf(content, named) {
  const [type, { schema, examples }] = Object.entries(content).find(([name]) => name.includes("json")) ?? Object.entries(content)[0];
  const [given] = /** @type {any[]} */ (Object.values(examples ?? {}));
  const value = given?.value ?? exampleOf(written(schema, named), named);
  return { type, text: typeof value === "string" ? value : JSON.stringify(value, null, 2) };
}

/** @param {Schema} schema @param {Record<string, Schema>} named @returns {Schema} */
function written(schema, named) {
  const found = schema?.$ref ? named[schema.$ref.split("/").pop()] : schema;
  if (!found?.properties) return schema;
  return { ...found, properties: Object.fromEntries(Object.entries(found.properties).filter(([, one]) => !one.readOnly)) };
}
