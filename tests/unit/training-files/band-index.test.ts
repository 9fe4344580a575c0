import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BandIndex, BANDS } from "../../../shared/training-files/duplicates/band-index.ts";

const keyLists = fc.array(
  fc.array(fc.integer({ min: -5, max: 5 }), { minLength: BANDS, maxLength: BANDS }),
  { maxLength: 200 },
);

describe("BandIndex", () => {
  test("finds what a comparison of all keys finds, also after it has grown", () => {
    fc.assert(
      fc.property(keyLists, (lists) => {
        const index = new BandIndex();
        for (const keys of lists) index.add(keys);

        for (const keys of lists) {
          const expected = lists.flatMap((other, item) =>
            other.some((key) => keys.includes(key)) ? [item] : []
          );
          expect(index.find(keys)).toEqual(expected);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("knows nothing at first", () => {
    expect(new BandIndex().find([1, 2, 3])).toEqual([]);
  });
});
