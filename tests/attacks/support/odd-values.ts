/** A parameter's value as text, to be cast to its type; null for SQL's null. */
export type Odd = string | null;

const thousands = 100_000;
const long = "x".repeat(1_000_000);
const ids = Array.from({ length: thousands }, () => crypto.randomUUID());

/** What no caller in his right mind sends, by the type of the parameter. */
const oddValues: Record<string, Odd[]> = {
  text: [null, "", " ", "-1", "9".repeat(40), "NaN", "'; drop table x; --", "\u202e", "%", long],
  uuid: [null, "00000000-0000-0000-0000-000000000000", crypto.randomUUID()],
  integer: [null, "0", "-1", "2147483647", "-2147483648"],
  bigint: [null, "0", "-1", "9223372036854775807", "-9223372036854775808"],
  real: [null, "0", "-1", "NaN", "Infinity", "-Infinity", "1e38"],
  "double precision": [null, "0", "-1", "NaN", "Infinity", "-Infinity", "1e300"],
  boolean: [null],
  interval: [null, "0", "-1 day", "100000 years", "-100000 years"],
  "timestamp with time zone": [null, "infinity", "-infinity", "4700-01-01 BC", "290000-01-01"],
  "text[]": [null, "{}", "{null}", '{""}', "{{a,b},{c,d}}", `{${ids}}`],
  "uuid[]": [null, "{}", "{null}", `{${ids[0]},null,${ids[0]}}`, `{${ids}}`],
  "extensions.vector": [null, "[1]", JSON.stringify(Array(1024).fill(0))],
};

const oddJson = [
  null,
  "null",
  "{}",
  "[]",
  '"x"',
  "1",
  "true",
  "[null]",
  "[[]]",
  '["x"]',
  "[{}]",
  '{"": null, "__proto__": []}',
  `[${Array(thousands).fill("{}")}]`,
  "[".repeat(1000) + "]".repeat(1000),
];
const oddFields = ['""', '"x"', "null", "-1", "0.5", "1e300", "true", "{}", "[]", "[null]"];

/** Odd values for a parameter; of JSON also the right value with each of its fields made odd. */
export function oddValuesFor(type: string, right: Odd): Odd[] {
  if (type !== "jsonb") {
    const values = oddValues[type];
    if (!values) throw new Error(`nobody has thought of odd values for ${type}`);
    return values;
  }
  return [...oddJson, ...(right === null ? [] : spoil(JSON.parse(right)))];
}

/** The value in every edition that has one of its fields, at any depth, replaced. */
function spoil(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return oddFields;
  return Object.entries(value).flatMap(([key, inner]) =>
    [...spoil(inner), ...(typeof inner === "object" ? oddFields : [])].map((odd) => {
      const entries = Object.entries(value).map(([name, each]) =>
        [name, name === key ? odd : JSON.stringify(each)] as const
      );
      return Array.isArray(value)
        ? `[${entries.map(([, text]) => text)}]`
        : `{${entries.map(([name, text]) => `${JSON.stringify(name)}:${text}`)}}`;
    })
  );
}
