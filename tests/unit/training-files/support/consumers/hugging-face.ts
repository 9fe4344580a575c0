// Brings the type of `JSON.parse` with source text.
import "../../../../../shared/training-files/raw-json.ts";

/** The Arrow type of a JSON value, as text. */
type ArrowType =
  | "null"
  | "bool"
  | "int64"
  | "double"
  | "string"
  | { readonly list: ArrowType }
  | { readonly struct: ReadonlyMap<string, ArrowType> };

/**
 * Reads lines as `datasets` does: the types of the first chunk are the columns' types, and a later
 * line that has another column, or a value that does not fit, fails to load. Nulls fail too,
 * since a first chunk of nulls types a column as null. Returns one sentence for each line that
 * would not load. Numbers are judged by their letters: `3` is an integer, `3.0` a double.
 */
export function typingErrors(text: string, firstChunk: number): string[] {
  const types = text.split("\n").filter((line) => line !== "").map((line) => typeOf(parse(line)));
  const schema = types.slice(0, firstChunk).reduce(merge, types[0] ?? "null");
  return types.flatMap((type, index) => {
    if (hasNull(type)) return [`line ${index + 1} holds a null`];
    return fits(type, schema) ? [] : [`line ${index + 1} does not fit the first chunk`];
  });
}

class Double {}

function parse(line: string): unknown {
  return JSON.parse(
    line,
    (_key: string, value: unknown, context: { source?: string }) =>
      typeof value === "number" && /[.eE]/.test(context.source ?? "") ? new Double() : value,
  );
}

function typeOf(value: unknown): ArrowType {
  if (value === null) return "null";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "int64";
  if (typeof value === "string") return "string";
  if (value instanceof Double) return "double";
  if (Array.isArray(value)) {
    const types = value.map(typeOf);
    return { list: types.slice(1).reduce(merge, types[0] ?? { struct: new Map() }) };
  }
  const entries = Object.entries(Object(value)).map(([key, item]) => [key, typeOf(item)] as const);
  return { struct: new Map(entries) };
}

/** Within one chunk a list without items and a missing key take the type that others give. */
function merge(a: ArrowType, b: ArrowType): ArrowType {
  if (typeof a === "object" && typeof b === "object") {
    if ("list" in a && "list" in b) {
      return { list: isEmpty(a.list) ? b.list : merge(a.list, b.list) };
    }
    if ("struct" in a && "struct" in b) {
      const keys = new Set([...a.struct.keys(), ...b.struct.keys()]);
      return {
        struct: new Map([...keys].map((key) => {
          const [left, right] = [a.struct.get(key), b.struct.get(key)];
          return [key, left && right ? merge(left, right) : left ?? right ?? "null"];
        })),
      };
    }
  }
  return a === "int64" && b === "double" ? b : a;
}

function fits(type: ArrowType, schema: ArrowType): boolean {
  if (typeof type !== "object" || typeof schema !== "object") return type === schema;
  if ("list" in type && "list" in schema) return isEmpty(type.list) || fits(type.list, schema.list);
  if (!("struct" in type && "struct" in schema)) return false;
  return [...type.struct].every(([key, item]) => {
    const column = schema.struct.get(key);
    return column !== undefined && fits(item, column);
  });
}

function isEmpty(type: ArrowType): boolean {
  return typeof type === "object" && "struct" in type && type.struct.size === 0;
}

function hasNull(type: ArrowType): boolean {
  if (typeof type !== "object") return type === "null";
  return "list" in type ? hasNull(type.list) : [...type.struct.values()].some(hasNull);
}
