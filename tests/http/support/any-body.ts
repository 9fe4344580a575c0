import fc from "fast-check";

/** Values that are nearly right, values of every other kind, and text of every sort. */
const fieldValue = fc.oneof(
  fc.constantFrom<unknown>("hybrid", "text", "manual", ["chunk"], 8, 0.5, true, {}, [], "x"),
  fc.uuid(),
  fc.constantFrom<unknown>(null, -1, 0, 1e9, 1.5, 2 ** 53, -0, "", " ", "\0", "\ud800", "\u202e"),
  fc.string({ unit: "binary", maxLength: 50 }),
  fc.string({ minLength: 1900, maxLength: 2100 }),
  fc.array(fc.oneof(fc.uuid(), fc.string(), fc.constant(null)), { maxLength: 120 }),
  fc.jsonValue({ maxDepth: 4 }),
);

/** A right request to spoil, as name and value of each field; the last of two equal names counts. */
export type Base = [string, unknown][];

/** Bodies of every sort: right ones with fields of these names put in, broken ones, no JSON at all. */
export function anyBody(
  bases: Base[],
  fieldNames: string[],
): fc.Arbitrary<string | Uint8Array<ArrayBuffer>> {
  const fields = fc.uniqueArray(fc.tuple(fc.constantFrom(...fieldNames), fieldValue), {
    selector: ([name]) => name,
    maxLength: 8,
  });
  const jsonText = fc.tuple(fc.constantFrom(...bases), fields).map(([right, more]) =>
    `{${[...right, ...more].map((entry) => entry.map((part) => JSON.stringify(part)).join(":"))}}`
  );
  return fc.oneof(
    { weight: 4, arbitrary: jsonText },
    { weight: 2, arbitrary: broken(jsonText) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => bytes.slice()) },
    { weight: 1, arbitrary: fc.json() },
  );
}

/** The text with a piece cut out and another put in, so that most of it is no JSON. */
function broken(jsonText: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(jsonText, fc.nat(), fc.nat(8), fc.string({ maxLength: 8 })).map(
    ([text, at, length, piece]) => {
      const start = at % (text.length + 1);
      return text.slice(0, start) + piece + text.slice(start + length);
    },
  );
}
