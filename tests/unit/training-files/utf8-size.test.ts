import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Size } from "../../../shared/training-files/utf8-size.ts";

test("a text has the size of its bytes, also where it is longer than the buffer", () => {
  const text = fc.tuple(fc.string({ unit: "binary" }), fc.nat(20_000))
    .map(([piece, count]) => `${piece}\ud83d`.repeat(count / (piece.length + 1)) + "é");
  fc.assert(
    fc.property(text, (text) => {
      expect(utf8Size(text)).toBe(new TextEncoder().encode(text).byteLength);
    }),
  );
});
