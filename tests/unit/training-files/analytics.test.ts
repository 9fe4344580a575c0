import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { analyticsOf } from "../../../shared/training-files/analytics/analytics.ts";
import { balanceOf } from "../../../shared/training-files/analytics/balance.ts";
import type { Cell } from "../../../shared/training-files/analytics/cell.ts";
import { normalisedEntropy } from "../../../shared/training-files/analytics/entropy.ts";
import { percentilesOf } from "../../../shared/training-files/analytics/percentiles.ts";
import { qualityHistogram } from "../../../shared/training-files/analytics/quality-histogram.ts";
import { suggestConversations } from "../../../shared/training-files/analytics/suggest.ts";
import { universeOf } from "../../../shared/training-files/analytics/universe.ts";
import { enriched, loadAll, pairs, uuid } from "./support/conversations.ts";

const cell = (persona: string | null, emotional_arc = "arc", training_topic = "topic"): Cell => ({
  persona,
  emotional_arc,
  training_topic,
});

describe("normalisedEntropy", () => {
  test.each([[[3, 3, 3], 1], [[6, 0], 0], [[5], 0], [[], 0], [[0, 0], 0]])(
    "of %j is %d",
    (counts, expected) => {
      expect(normalisedEntropy(counts)).toBeCloseTo(expected, 12);
    },
  );

  test("lies between 0 and 1", () => {
    fc.assert(fc.property(fc.array(fc.nat(1000)), (counts) => {
      const entropy = normalisedEntropy(counts);

      expect(entropy).toBeGreaterThanOrEqual(0);
      expect(entropy).toBeLessThanOrEqual(1 + 1e-12);
    }));
  });
});

describe("balanceOf", () => {
  test("has shares of what is known, and counts what is not", () => {
    const cells = [cell("a"), cell("a"), cell("b"), cell(null)];

    const { persona } = balanceOf(cells, universeOf(cells, { persona: ["c"] }));

    expect(persona).toEqual({
      shares: [
        { key: "a", count: 2, share: 0.6667 },
        { key: "b", count: 1, share: 0.3333 },
        { key: "c", count: 0, share: 0 },
      ],
      entropy: 0.5794,
      unknown: 1,
    });
  });

  test("lists the combinations that no conversation has", () => {
    const cells = [cell("a", "x"), cell("b", "y")];

    expect(balanceOf(cells, universeOf(cells))).toMatchObject({
      cells: 4,
      empty_cells: 2,
      gaps: [cell("a", "y"), cell("b", "x")],
    });
  });

  test("lists two hundred gaps at most and counts them all", () => {
    const keys = Array.from({ length: 10 }, (_, index) => `k${index}`);
    const universe = { persona: keys, emotional_arc: keys, training_topic: keys };

    const balance = balanceOf([], universe);

    expect([balance.empty_cells, balance.gaps.length]).toEqual([1000, 200]);
  });

  test("counts a thousand million combinations without listing them", () => {
    const keys = Array.from({ length: 1000 }, (_, index) => `k${index}`);
    const universe = { persona: keys, emotional_arc: keys, training_topic: keys };

    const balance = balanceOf([cell("k0", "k0", "k1"), cell(null)], universe);

    expect([balance.cells, balance.empty_cells]).toEqual([1e9, 1e9 - 1]);
    expect(balance.gaps.slice(0, 2)).toEqual([cell("k0", "k0", "k0"), cell("k0", "k0", "k2")]);
  });
});

describe("suggestConversations", () => {
  const have = [cell("a"), cell("a"), cell("a"), cell("b")];
  const candidate = (number: number, persona: string) => ({
    conversation_id: uuid(number),
    cell: cell(persona),
  });

  test("fills the smallest first and stops when nothing gains", () => {
    const candidates = [candidate(1, "a"), candidate(2, "b"), candidate(3, "b"), candidate(4, "b")];

    const found = suggestConversations(have, candidates, universeOf(have));

    expect(found.map((suggestion) => suggestion.conversation_id)).toEqual([uuid(2), uuid(3)]);
  });

  test("takes what gains most first, whatever its id", () => {
    const candidates = [
      { conversation_id: uuid(1), cell: cell("b") },
      { conversation_id: uuid(2), cell: cell("b", "other arc", "other topic") },
    ];
    const universe = universeOf([...have, ...candidates.map((candidate) => candidate.cell)]);

    const found = suggestConversations(have, candidates, universe);

    expect(found[0]?.conversation_id).toBe(uuid(2));
  });

  test("takes the smallest id of equals, whatever their order", () => {
    const candidates = [candidate(9, "b"), candidate(5, "b"), candidate(7, "b")];

    expect(suggestConversations(have, candidates, universeOf(have), 1)[0]?.conversation_id).toBe(
      uuid(5),
    );
  });

  test("has gains that add up to the rise of the mean entropy", () => {
    const keys = fc.constantFrom("a", "b", "c");
    const cells = fc.array(
      fc.record({ persona: keys, emotional_arc: keys, training_topic: keys }),
      {
        minLength: 1,
        maxLength: 12,
      },
    );

    fc.assert(fc.property(cells, cells, (file, others) => {
      const candidates = others.map((own, index) => ({ conversation_id: uuid(index), cell: own }));
      const universe = universeOf([...file, ...others]);
      const mean = (all: readonly Cell[]) => {
        const { persona, emotional_arc, training_topic } = balanceOf(all, universe);
        return (persona.entropy + emotional_arc.entropy + training_topic.entropy) / 3;
      };

      const found = suggestConversations(file, candidates, universe);

      const after = mean([...file, ...found.map((suggestion) => suggestion.cell)]);
      const gains = found.reduce((sum, { gain }) => sum + gain, 0);
      expect(after - mean(file)).toBeCloseTo(gains, 2);
      expect(found.every(({ gain }) => gain >= 0)).toBe(true);
    }));
  });
});

describe("percentilesOf", () => {
  test("takes the nearest rank", () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);

    expect(percentilesOf(values)).toEqual({ p5: 5, p50: 50, p95: 95, max: 100 });
    expect(percentilesOf([10, 20, 30, 40, 50, 60, 70]).p50).toBe(40);
    expect(percentilesOf([7])).toEqual({ p5: 7, p50: 7, p95: 7, max: 7 });
    expect(percentilesOf([])).toEqual({ p5: 0, p50: 0, p95: 0, max: 0 });
  });
});

describe("qualityHistogram", () => {
  test("puts every score into one bin, 5 into the last", () => {
    const counts = qualityHistogram([1, 1.49, 1.5, 4.5, 5]).map(({ count }) => count);

    expect(counts).toEqual([2, 1, 0, 0, 0, 0, 0, 2]);
  });
});

describe("analyticsOf", () => {
  test("counts every conversation once in tiers and bins", () => {
    const scored = (quality_score: number | null) =>
      enriched(pairs(1, { training_metadata: { quality_score } }));
    const entries = loadAll([scored(4.6), scored(3), scored(2), scored(null)]).map(({ entry }) =>
      entry
    );

    const { quality } = analyticsOf({ entries, duplicates: { conversations: [], replies: [] } });

    expect(quality.tiers).toEqual({
      seed_dataset: 1,
      production: 0,
      experimental: 1,
      rejected: 1,
      unscored: 1,
    });
    expect(quality.histogram.reduce((sum, { count }) => sum + count, 0)).toBe(3);
  });

  test("has trained and prompt tokens that differ with the rows, not with what is trained", () => {
    const entries = loadAll([enriched(pairs(3))]).map(({ entry }) => entry);

    const { tokens } = analyticsOf({ entries, duplicates: { conversations: [], replies: [] } });

    expect(tokens.conversation.trained).toBe(tokens.pair.trained);
    expect(tokens.pair.prompt).toBeGreaterThan(tokens.conversation.prompt);
  });
});
