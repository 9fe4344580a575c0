import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NumberLists } from "../../../shared/training-files/duplicates/number-lists.ts";

describe("NumberLists", () => {
  test("gives back each list as it came, however long", () => {
    const list = fc.uint32Array({ maxLength: 3000 });
    fc.assert(
      fc.property(fc.array(list, { maxLength: 30 }), (lists) => {
        const kept = new NumberLists();
        for (const one of lists) kept.add(one);

        expect(lists.map((_, index) => kept.at(index))).toEqual(lists);
      }),
    );
  });
});
