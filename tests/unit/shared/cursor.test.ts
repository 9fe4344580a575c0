import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Cursor, encodeCursor } from "../../../shared/cursor.ts";

const id = "11111111-1111-1111-1111-111111111111";

describe("a cursor", () => {
  test("brings back the position that it was made of", () => {
    fc.assert(fc.property(
      fc.date({ min: new Date("1970-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }),
      fc.nat(999_999),
      fc.uuid(),
      (date, microseconds, id) => {
        const second = date.toISOString().slice(0, 19);
        const at = `${second}.${`${microseconds}`.padStart(6, "0")}+00:00`;

        expect(Cursor.parse(encodeCursor({ at, id }))).toEqual({ at, id });
      },
    ));
  });

  test.each(["2026-11-21T14:40:46+00:00", "2026-11-21T14:40:46.9+00:00", "2026-11-21T14:40:46Z"])(
    "takes %s, as PostgREST writes a time",
    (at) => {
      expect(Cursor.safeParse(encodeCursor({ at, id })).success).toBe(true);
    },
  );

  test.each([
    "2026-11-21",
    "2026-02-30T00:00:00Z",
    "2026-11-21T25:00:00Z",
    "0000-01-01T00:00:00Z",
    "2026-11-21T14:40:46+23:59",
    "2026-11-21T14:40:46.1234567Z",
    "2026-11-21T14:40:46Z\n",
    '2026-11-21T14:40:46Z"',
    "now()",
    "infinity",
    "",
  ])("refuses the time %j, which is none that it was made of", (at) => {
    expect(Cursor.safeParse(encodeCursor({ at, id })).success).toBe(false);
  });

  test.each([
    ["", "{}", "[]", "null", '{"at":"2026-11-21T14:40:46Z"}'].map((text) => btoa(text)),
    ["é", "%%%", "a".repeat(201), btoa("{")],
    [btoa(JSON.stringify({ at: "2026-11-21T14:40:46Z", id, more: 1 }))],
    [btoa(JSON.stringify({ at: "2026-11-21T14:40:46Z", id: `${id},id.neq.x` }))],
  ])("refuses what nobody could have been given", (...texts) => {
    for (const text of texts) {
      const result = Cursor.safeParse(text);

      expect(result.success, text).toBe(false);
    }
  });

  test("refuses any other text without throwing", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(Cursor.safeParse(text).success).toBe(false);
    }));
  });
});
