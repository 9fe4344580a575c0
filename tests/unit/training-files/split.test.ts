import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { groupsOf } from "../../../shared/training-files/duplicates/group-near-duplicates.ts";
import { exportOptions } from "../../../shared/training-files/exports/export-options.ts";
import { planExport } from "../../../shared/training-files/exports/plan-export.ts";
import { splitOf } from "../../../shared/training-files/split/split-of.ts";
import { enriched, loadAll, pairs } from "./support/conversations.ts";

const ENTRIES = loadAll(Array.from({ length: 200 }, () => enriched(pairs(1)))).map(({ entry }) =>
  entry
);

/** Ids of one part. */
function idsOf(entries: typeof ENTRIES, part: "train" | "validation", own = new Map()): string[] {
  const split = { part, validation_percent: 10, seed: "s" };
  const plan = planExport(entries, exportOptions({ format: "openai", split }), own);
  return plan.entries.map((entry) => entry.conversation_id);
}

describe("splitOf", () => {
  test("compares the first eight bytes of the hash with the ratio", () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.string(),
        fc.integer({ min: 0, max: 100 }),
        (group, seed, percent) => {
          const hex = createHash("sha256").update(`${seed.toWellFormed()}:${group}`).digest("hex");
          const isTrain = BigInt(`0x${hex.slice(0, 16)}`) * 100n <
            BigInt(100 - percent) * 2n ** 64n;

          expect(splitOf(group, seed, percent)).toBe(isTrain ? "train" : "validation");
        },
      ),
    );
  });

  test("puts all into train at 0 % and all into validation at 100 %", () => {
    fc.assert(fc.property(fc.uuid(), (id) => {
      expect([splitOf(id, "", 0), splitOf(id, "", 100)]).toEqual(["train", "validation"]);
    }));
  });
});

describe("planExport with a split", () => {
  test("puts each conversation into exactly one part, near the percentage asked for", () => {
    const [train, validation] = [idsOf(ENTRIES, "train"), idsOf(ENTRIES, "validation")];

    expect(new Set([...train, ...validation]).size).toBe(200);
    expect(train.length + validation.length).toBe(200);
    expect(validation.length).toBeGreaterThan(8);
    expect(validation.length).toBeLessThan(36);
  });

  test("keeps the parts of what is there when conversations are added", () => {
    const before = idsOf(ENTRIES.slice(0, 100), "validation");

    expect(idsOf(ENTRIES, "validation")).toEqual(expect.arrayContaining(before));
  });

  test("puts a near-duplicate where its leader is", () => {
    const [leader] = idsOf(ENTRIES, "validation");
    const own = groupsOf({
      conversations: ENTRIES.slice(0, 50).map((entry) => ({
        conversation_id: entry.conversation_id,
        duplicate_of: leader ?? "",
        leader: leader ?? "",
        similarity: 1,
      })),
      replies: [],
    });

    expect(idsOf(ENTRIES, "validation", own)).toEqual(
      expect.arrayContaining(ENTRIES.slice(0, 50).map((entry) => entry.conversation_id)),
    );
  });
});
