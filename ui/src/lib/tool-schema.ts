/**
 * The form for what a tool gives back, from the JSON Schema of its result (or the same in OpenAPI's words, whose types
 * are in capitals). Values are kept as they were typed; what is not typed is left out.
 */
export type FieldKind = "text" | "number" | "integer" | "flag" | "choice" | "lines" | "json" | "group";
export type Choice = { id: string; label: string };
export type SchemaField = {
  /** Its path in the result, as JSON: names it among the values. */
  id: string;
  name: string;
  kind: FieldKind;
  required: boolean;
  /** What the tool says of it. */
  note: string;
  /** `choice`: each by its JSON. */
  choices: Choice[];
  /** They fit side by side. */
  short: boolean;
  /** `lines`: what each of them is. */
  item: "text" | "number" | "integer" | "flag";
  /** `group`: what is in it. */
  fields: SchemaField[];
  least: number | null;
  most: number | null;
  /** What it is unless somebody says otherwise; as it would be typed. */
  initial: string;
};
export type Values = Readonly<Record<string, string>>;

type Schema = Record<string, unknown>;

const SHORT_CHOICES = 4;
const SHORT_CHOICE = 14;
const SHORT_SUM = 40;

const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const numberOf = (value: unknown): number | null => {
  const n = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof n === "number" && Number.isFinite(n) ? n : null;
};

/** The fields of a schema, or null where only JSON can be given. */
export function fieldsOf(schema: string | null): SchemaField[] | null {
  if (schema === null) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(schema);
  } catch {
    return null;
  }
  const root = plain(parsed);
  if (root === null) return null;
  if (typeOf(root) === "object") {
    const fields = propertiesOf(root, [], true);
    return fields.length > 0 ? fields : null;
  }
  const only = fieldOf("result", root, [], true, true);
  return only.kind === "json" ? null : [only];
}

/** Without the choice between it and null, and without what leads elsewhere. */
function plain(value: unknown): Schema | null {
  if (!isObject(value)) return null;
  if ("$ref" in value || "allOf" in value) return null;
  const either = Array.isArray(value.anyOf) ? value.anyOf : Array.isArray(value.oneOf) ? value.oneOf : null;
  if (either === null) return value;
  const some = either.filter((one) => !(isObject(one) && textOf(one.type).toLowerCase() === "null"));
  const [only] = some;
  return some.length === 1 && isObject(only)
    ? plain({ ...only, description: value.description ?? only.description })
    : null;
}

function typeOf(schema: Schema): string {
  const named = Array.isArray(schema.type) ? schema.type.filter((one) => one !== "null") : [schema.type];
  if (named.length !== 1) return "";
  const type = textOf(named[0]).toLowerCase();
  if (type !== "") return type;
  return isObject(schema.properties) ? "object" : "";
}

function propertiesOf(schema: Schema, path: readonly string[], nest: boolean): SchemaField[] {
  if (!isObject(schema.properties)) return [];
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const order = Array.isArray(schema.propertyOrdering) ? schema.propertyOrdering : [];
  const names = Object.keys(schema.properties);
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  const properties = schema.properties;
  return names
    .map((name, at) => ({ name, at }))
    .sort((a, b) => place(a.name) - place(b.name) || a.at - b.at)
    .map(({ name }) => fieldOf(name, properties[name], [...path, name], required.has(name), nest));
}

function fieldOf(name: string, of: unknown, path: readonly string[], required: boolean, nest: boolean): SchemaField {
  const schema = plain(of);
  const bare: SchemaField = {
    id: JSON.stringify(path),
    name,
    kind: "json",
    required,
    note: isObject(of) ? textOf(of.description) : "",
    choices: [],
    short: false,
    item: "text",
    fields: [],
    least: null,
    most: null,
    initial: "",
  };
  if (schema === null) return bare;
  const choices = choicesOf(schema);
  if (choices !== null) return withDefault({ ...bare, kind: "choice", choices, short: areShort(choices) }, schema);
  switch (typeOf(schema)) {
    case "string":
      return withDefault({ ...bare, kind: "text", ...bounds(schema, "minLength", "maxLength") }, schema);
    case "number":
    case "integer":
      return withDefault(
        {
          ...bare,
          kind: typeOf(schema) === "integer" ? "integer" : "number",
          ...bounds(schema, "minimum", "maximum"),
        },
        schema,
      );
    case "boolean":
      return withDefault({ ...bare, kind: "flag" }, schema);
    case "array": {
      const items = plain(schema.items);
      const item = items && choicesOf(items) === null ? ITEMS[typeOf(items)] : undefined;
      return item === undefined ? bare : { ...bare, kind: "lines", item, ...bounds(schema, "minItems", "maxItems") };
    }
    case "object": {
      const fields = nest ? propertiesOf(schema, path, false) : [];
      return fields.length > 0 ? { ...bare, kind: "group", fields } : bare;
    }
    default:
      return bare;
  }
}

const ITEMS: Record<string, SchemaField["item"] | undefined> = {
  string: "text",
  number: "number",
  integer: "integer",
  boolean: "flag",
};

function bounds(schema: Schema, least: string, most: string): { least: number | null; most: number | null } {
  return { least: numberOf(schema[least]), most: numberOf(schema[most]) };
}

function choicesOf(schema: Schema): Choice[] | null {
  const values = Array.isArray(schema.enum) ? schema.enum : "const" in schema ? [schema.const] : null;
  if (values === null || values.length === 0) return null;
  const scalars = values.filter((one) => one !== null);
  if (!scalars.every((one) => ["string", "number", "boolean"].includes(typeof one))) return null;
  // OpenAPI writes the choices of numbers as texts.
  const numbers = ["number", "integer"].includes(typeOf(schema));
  return [...new Set(scalars)].map((one) => {
    const n = numbers ? numberOf(one) : null;
    return { id: JSON.stringify(n ?? one), label: String(one) };
  });
}

function areShort(choices: readonly Choice[]): boolean {
  const lengths = choices.map(({ label }) => label.length);
  return (
    choices.length <= SHORT_CHOICES &&
    Math.max(...lengths) <= SHORT_CHOICE &&
    lengths.reduce((a, b) => a + b, 0) <= SHORT_SUM
  );
}

function withDefault(field: SchemaField, { default: given }: Schema): SchemaField {
  return given === undefined || given === null ? field : { ...field, initial: typed(field, given) ?? "" };
}

/** A value as it would be typed into a field; null where it does not fit. */
export function typed(field: SchemaField, value: unknown): string | null {
  switch (field.kind) {
    case "text":
      return typeof value === "string" ? value : null;
    case "number":
      return typeof value === "number" ? String(value) : null;
    case "integer":
      return Number.isInteger(value) ? String(value) : null;
    case "flag":
      return typeof value === "boolean" ? String(value) : null;
    case "choice": {
      const id = JSON.stringify(value);
      return field.choices.some((one) => one.id === id) ? id : null;
    }
    case "lines": {
      if (!Array.isArray(value)) return null;
      const one = { ...field, kind: field.item } as SchemaField;
      const lines = value.map((item: unknown) => typed(one, item));
      const fits = lines.every((line): line is string => line !== null && line.trim() !== "" && !/[\r\n]/.test(line));
      return fits ? lines.join("\n") : null;
    }
    case "group":
      return null;
    case "json":
      return JSON.stringify(value, null, 2);
  }
}

/** What stands in a field where nobody typed. */
export const initialValues = (fields: readonly SchemaField[]): Values =>
  Object.fromEntries(
    fields
      .flatMap((field) => (field.kind === "group" ? field.fields : [field]))
      .filter((field) => field.initial !== "")
      .map((field) => [field.id, field.initial]),
  );

/** JSON as values of the fields; null where something in it has no field: it would be lost. */
export function valuesOf(fields: readonly SchemaField[], json: string): Values | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return null;
  }
  const [only] = fields;
  if (only?.id === "[]") {
    const text = typed(only, parsed);
    return text === null ? null : { [only.id]: text };
  }
  return within(fields, parsed);
}

function within(fields: readonly SchemaField[], of: unknown): Values | null {
  if (!isObject(of)) return null;
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(of)) {
    const field = fields.find((one) => one.name === name);
    if (!field) return null;
    const inner = field.kind === "group" ? within(field.fields, value) : null;
    const text = field.kind === "group" ? null : typed(field, value);
    if (inner === null && text === null) return null;
    if (inner) Object.assign(values, inner);
    else if (text !== null) values[field.id] = text;
  }
  return values;
}
