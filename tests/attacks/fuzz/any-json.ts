import fc from "fast-check";

/** A value that is right in some field, or that nobody expects. */
export function anyValue(ids: string[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.constantFrom<unknown>(...ids),
    fc.constantFrom<unknown>(null, true, {}, [], "", " ", 0, -0, -1, 1.5, 1e9, 2 ** 53, 1e308),
    fc.constantFrom<unknown>("hybrid", "text", "manual", "failed", ["chunk"], 8, "viewer", "owner"),
    fc.constantFrom<unknown>(
      "\0",
      "a\0b",
      "\ud800",
      "\udfff\ud800",
      "\u202e",
      "%00",
      "'; --",
      "$1",
    ),
    fc.constantFrom<unknown>({ __proto__: null, constructor: { prototype: {} } }, [[[]]], [null]),
    fc.uuid(),
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.string({ minLength: 1900, maxLength: 2100 }),
    fc.array(fc.oneof(fc.constantFrom(...ids), fc.string(), fc.constant(null)), { maxLength: 90 }),
    fc.jsonValue({ maxDepth: 4 }),
  );
}

/** Numbers and texts that `JSON.stringify` would not write. */
const oddTokens = fc.constantFrom(
  "1e999",
  "-1e999",
  "1" + "0".repeat(400),
  "0.1" + "0".repeat(300) + "1",
  "-0",
  "1E+2",
  String.raw`"\ud800"`,
  String.raw`"\u0000"`,
  String.raw`"\u005f_proto__"`,
  "NaN",
  "01",
  "'x'",
  "[".repeat(5_000) + "]".repeat(5_000),
  '{"a":'.repeat(2_000) + "1" + "}".repeat(2_000),
  "[" + "0,".repeat(20_000) + "0]",
  `"${"x".repeat(200_000)}"`,
);

/** Names of fields that no route has. */
const strangeNames = fc.constantFrom(
  "__proto__",
  "constructor",
  "toString",
  "org_id",
  "user_id",
  "",
  "\0",
  "\ud800",
);

/** One field put in, and the JSON text of its value. */
interface Change {
  name: string;
  text: string;
}

/**
 * The JSON of a right request, spoilt: fields replaced, added, doubled and taken away. Shrinks to
 * the request as it was.
 */
export function spoiltJson(right: unknown, ids: string[]): fc.Arbitrary<string> {
  const fields = isRecord(right) ? Object.entries(right) : [];
  const value = fc.oneof(
    { weight: 4, arbitrary: anyValue(ids).map((one) => JSON.stringify(one)) },
    { weight: 1, arbitrary: oddTokens },
  );
  const name = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...fields.map(([name]) => name), "orgId") },
    { weight: 1, arbitrary: strangeNames },
  );
  const change: fc.Arbitrary<Change> = fc.record({ name, text: value });
  const object = fc.record({
    removed: fc.subarray(fields.map(([name]) => name)),
    isRemoving: fc.integer({ min: 0, max: 3 }).map((number) => number === 3),
    changes: fc.array(change, { maxLength: 3 }),
  }).map(({ removed, isRemoving, changes }) => {
    const gone = new Set(isRemoving ? removed : []);
    const kept = fields.filter(([name]) => !gone.has(name))
      .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
    // The last of two equal names counts.
    const put = changes.map(({ name, text }) => `${JSON.stringify(name)}:${text}`);
    return `{${[...kept, ...put].join(",")}}`;
  });
  return fc.oneof({ weight: 5, arbitrary: object }, { weight: 1, arbitrary: value });
}

/** Bytes of a body: the text, cut, doubled, with bytes put in, or in another encoding. */
export function bytesOf(text: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const encode = (text: string) => new TextEncoder().encode(text);
  const place = fc.nat();
  return fc.oneof(
    { weight: 8, arbitrary: text.map(encode) },
    {
      weight: 1,
      arbitrary: fc.tuple(text, place).map(([text, at]) => encode(text.slice(0, at % text.length))),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(text, fc.constantFrom("", "\n", ",", "\0")).map(([text, between]) =>
        encode(text + between + text)
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(text, place, fc.uint8Array({ maxLength: 8 })).map(([text, at, bytes]) => {
        const right = encode(text);
        const start = at % (right.length + 1);
        return new Uint8Array([
          ...right.subarray(0, start),
          ...bytes,
          ...right.subarray(start + 4),
        ]);
      }),
    },
    { weight: 1, arbitrary: text.map((text) => encode(`\ufeff${text}`)) },
    { weight: 1, arbitrary: text.map(toUtf16) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => bytes.slice()) },
  );
}

function toUtf16(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Uint16Array.from(text, (unit) => unit.charCodeAt(0)).buffer);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
