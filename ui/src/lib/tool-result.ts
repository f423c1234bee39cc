import { checkJson } from "./json";
import type { SchemaField, Values } from "./tool-schema";

/** What a form gives back, as JSON; or what is wrong with it, by field. */
export type Written = { json: string; errors: ReadonlyMap<string, string> };

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const INTEGER = /^-?(0|[1-9]\d*)$/;
const INDENT = "  ";

/** Numbers stay as they were typed: `84.50`. */
export function written(fields: readonly SchemaField[], values: Values): Written {
  const errors = new Map<string, string>();
  const [only] = fields;
  if (only?.id === "[]") return { json: writeOne(only, values, errors) ?? "", errors };
  return { json: writeObject(fields, values, errors, ""), errors };
}

function writeObject(
  fields: readonly SchemaField[],
  values: Values,
  errors: Map<string, string>,
  indent: string,
): string {
  const inner = indent + INDENT;
  const members = fields.flatMap((field) => {
    const text = field.kind === "group" ? writeGroup(field, values, errors, inner) : writeOne(field, values, errors);
    return text === null
      ? []
      : [`${inner}${JSON.stringify(field.name)}: ${text.replaceAll("\n", `\n${field.kind === "json" ? inner : ""}`)}`];
  });
  return members.length === 0 ? "{}" : `{\n${members.join(",\n")}\n${indent}}`;
}

/** One that nobody has to give is left out while nothing is typed into it. */
function writeGroup(group: SchemaField, values: Values, errors: Map<string, string>, indent: string): string | null {
  const empty = group.fields.every((field) => given(values, field) === "");
  if (empty && !group.required) return null;
  return writeObject(group.fields, values, errors, indent);
}

const given = (values: Values, field: SchemaField): string => {
  const value = values[field.id] ?? "";
  return field.kind === "text" ? value : value.trim();
};

function writeOne(field: SchemaField, values: Values, errors: Map<string, string>): string | null {
  const value = given(values, field);
  if (value === "") {
    // Nothing is a text too, where one has to be given and its length is not said.
    if (field.required)
      errors.set(field.id, field.kind === "choice" || field.kind === "flag" ? "Choose one." : "Required.");
    return null;
  }
  const [text, problem] = written1(field, value);
  if (problem) errors.set(field.id, problem);
  return problem ? null : text;
}

function written1(field: SchemaField, value: string): [text: string, problem: string] {
  switch (field.kind) {
    case "text":
      return [JSON.stringify(value), bounded(field, value.length, "characters")];
    case "number":
    case "integer":
      return scalar(field, field.kind, value);
    case "flag":
    case "choice":
      return [value, ""];
    case "lines":
      return lines(field, value);
    case "json": {
      const { problem } = checkJson(value);
      return [value, problem ? `Not JSON: ${problem.message} Line ${problem.line}.` : ""];
    }
    case "group":
      return ["", ""];
  }
}

function scalar(field: SchemaField, kind: "number" | "integer", value: string): [string, string] {
  if (kind === "integer" && !INTEGER.test(value)) return ["", "A whole number, such as 12."];
  if (!NUMBER.test(value)) return ["", "A number, such as 84.50."];
  const n = Number(value);
  if (field.least !== null && n < field.least) return ["", `At least ${field.least}.`];
  if (field.most !== null && n > field.most) return ["", `At most ${field.most}.`];
  return [value, ""];
}

function bounded({ least, most }: SchemaField, n: number, what: string): string {
  if (least !== null && n < least) return `At least ${least} ${what}.`;
  return most !== null && n > most ? `At most ${most} ${what}.` : "";
}

function lines(field: SchemaField, value: string): [string, string] {
  const items: string[] = [];
  const bare = { ...field, least: null, most: null };
  const all = value.split(/\r?\n/).filter((line) => line.trim() !== "");
  for (const [at, line] of all.entries()) {
    if (field.item === "text") items.push(JSON.stringify(line));
    else if (field.item === "flag") {
      if (!/^(true|false)$/.test(line.trim())) return ["", `Line ${at + 1}: true or false.`];
      items.push(line.trim());
    } else {
      const [text, problem] = scalar(bare, field.item, line.trim());
      if (problem) return ["", `Line ${at + 1}: ${problem}`];
      items.push(text);
    }
  }
  return [`[${items.join(", ")}]`, bounded(field, items.length, "lines")];
}

/** `string, required`: what stands beside the name of a field. */
export function fieldWords(field: SchemaField): string {
  const kind: Record<SchemaField["kind"], string> = {
    text: "string",
    number: "number",
    integer: "integer",
    flag: "boolean",
    choice: "",
    lines: {
      text: "strings, one a line",
      number: "numbers, one a line",
      integer: "integers, one a line",
      flag: "booleans, one a line",
    }[field.item],
    json: "JSON",
    group: "object",
  };
  return [kind[field.kind], field.required ? "required" : ""].filter(Boolean).join(", ");
}
