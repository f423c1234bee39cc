import { describe, expect, it } from "vitest";
import { fieldsOf, initialValues, valuesOf, type SchemaField } from "./tool-schema";
import { fieldWords, written } from "./tool-result";

const schema = (properties: object, required: string[] = []) =>
  JSON.stringify({ type: "object", properties, required });
const fields = (properties: object, required: string[] = []): SchemaField[] =>
  fieldsOf(schema(properties, required)) ?? [];
const kinds = (list: SchemaField[]) => list.map(({ name, kind }) => `${name}: ${kind}`);
const id = (...path: string[]) => JSON.stringify(path);

describe("fields of a schema", () => {
  it("are made of every type, in the order of the schema", () => {
    const list = fields({
      text: { type: "string" },
      n: { type: "number" },
      i: { type: ["integer", "null"] },
      yes: { type: "boolean" },
      one: { enum: ["approved", "denied", "pending"] },
      tags: { type: "array", items: { type: "string" } },
      customer: {
        type: "object",
        properties: { name: { type: "string" }, deep: { type: "object", properties: { x: {} } } },
      },
      any: {},
      lines: { type: "array", items: { type: "object" } },
      elsewhere: { $ref: "#/$defs/x" },
      maybe: { anyOf: [{ type: "string" }, { type: "null" }] },
      either: { anyOf: [{ type: "string" }, { type: "number" }] },
    });
    expect(kinds(list)).toEqual([
      "text: text",
      "n: number",
      "i: integer",
      "yes: flag",
      "one: choice",
      "tags: lines",
      "customer: group",
      "any: json",
      "lines: json",
      "elsewhere: json",
      "maybe: text",
      "either: json",
    ]);
    expect(kinds(list[6]?.fields ?? [])).toEqual(["name: text", "deep: json"]);
  });

  it("know OpenAPI's words", () => {
    const list = fieldsOf(
      JSON.stringify({
        type: "OBJECT",
        properties: { b: { type: "STRING", format: "enum", enum: ["x", "y"] }, a: { type: "INTEGER", minimum: "1" } },
        propertyOrdering: ["a", "b"],
        required: ["a"],
      }),
    );
    expect(kinds(list ?? [])).toEqual(["a: integer", "b: choice"]);
    expect(list?.[0]).toMatchObject({ required: true, least: 1 });
  });

  it("put few short choices side by side, and others into a list", () => {
    const of = (values: unknown[]) => fields({ one: { enum: values } })[0];
    expect(of(["approved", "denied", "pending"])?.short).toBe(true);
    expect(of(["a", "b", "c", "d", "e"])?.short).toBe(false);
    expect(of(["a choice that is rather long", "b"])?.short).toBe(false);
    expect(of([1, true, "1"])?.choices.map((one) => one.id)).toEqual(["1", "true", '"1"']);
  });

  it.each([
    ["none", null],
    ["not JSON", "{"],
    ["no object", "true"],
    ["an object without properties", '{"type":"object"}'],
    ["anything", "{}"],
    ["a reference", '{"$ref":"#/x"}'],
  ])("are not made of %s", (_name, text) => expect(fieldsOf(text)).toBeNull());

  it("are one for a result that is no object", () => {
    const list = fieldsOf('{"type":"string","description":"the answer"}') ?? [];
    expect(list).toMatchObject([{ id: "[]", name: "result", kind: "text", required: true, note: "the answer" }]);
    expect(written(list, { "[]": "yes" }).json).toBe('"yes"');
  });

  it("say what they are", () => {
    const list = fields(
      { a: { type: "string" }, b: { type: "array", items: { type: "integer" } }, c: { enum: ["x"] } },
      ["a", "c"],
    );
    expect(list.map(fieldWords)).toEqual(["string, required", "integers, one a line", "required"]);
  });
});

describe("what a form gives back", () => {
  const list = fields(
    {
      status: { enum: ["approved", "denied"] },
      amount: { type: "number", minimum: 1, maximum: 100 },
      count: { type: "integer" },
      note: { type: "string", maxLength: 5 },
      sure: { type: "boolean", default: true },
      tags: { type: "array", items: { type: "string" } },
      sizes: { type: "array", items: { type: "number" } },
      customer: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
      more: {},
    },
    ["status"],
  );

  it("keeps numbers as they were typed, and leaves out what was not", () => {
    const values = {
      ...initialValues(list),
      [id("status")]: '"approved"',
      [id("amount")]: " 84.50 ",
      [id("tags")]: "a\n\nb c",
      [id("customer", "name")]: "Ada",
      [id("more")]: '{\n  "x": [1]\n}',
    };
    const { json, errors } = written(list, values);
    expect([...errors]).toEqual([]);
    expect(json).toContain('"amount": 84.50');
    expect(JSON.parse(json)).toEqual({
      status: "approved",
      amount: 84.5,
      sure: true,
      tags: ["a", "b c"],
      customer: { name: "Ada" },
      more: { x: [1] },
    });
  });

  it("says what is wrong, by field", () => {
    const { errors } = written(list, {
      [id("amount")]: "1,5",
      [id("count")]: "1.5",
      [id("note")]: "too long",
      [id("sizes")]: "1\nx",
      [id("more")]: "{",
    });
    expect(Object.fromEntries(errors)).toMatchObject({
      [id("status")]: "Choose one.",
      [id("amount")]: "A number, such as 84.50.",
      [id("count")]: "A whole number, such as 12.",
      [id("note")]: "At most 5 characters.",
      [id("sizes")]: "Line 2: A number, such as 84.50.",
    });
    expect(errors.get(id("more"))).toMatch(/^Not JSON/);
    expect(written(list, { [id("amount")]: "101" }).errors.get(id("amount"))).toBe("At most 100.");
  });

  it("can be read again, but not where something would be lost", () => {
    const json = '{"status":"denied","tags":["a","b"],"customer":{"name":"Ada"},"count":3}';
    const values = valuesOf(list, json);
    expect(values).toEqual({
      [id("status")]: '"denied"',
      [id("tags")]: "a\nb",
      [id("customer", "name")]: "Ada",
      [id("count")]: "3",
    });
    for (const lost of ['{"other":1}', '{"status":"maybe"}', '{"tags":["a\\nb"]}', '{"customer":{"age":1}}', "[]", "{"])
      expect(valuesOf(list, lost), lost).toBeNull();
  });

  it("asks for a group only where it is needed", () => {
    expect(written(list, { [id("status")]: '"denied"' }).json).toBe('{\n  "status": "denied"\n}');
    const two = fields({ who: { type: "object", properties: { name: { type: "string" } }, required: ["name"] } }, [
      "who",
    ]);
    expect(written(two, {}).errors.get(id("who", "name"))).toBe("Required.");
  });
});
