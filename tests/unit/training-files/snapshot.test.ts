import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Snapshot } from "../../../shared/training-files/snapshot/snapshot.ts";
import { takeSnapshot } from "../../../shared/training-files/snapshot/take-snapshot.ts";
import { qualityTier } from "../../../shared/training-files/snapshot/quality-tier.ts";
import { brokenConversation, soundConversation } from "./support/arbitraries.ts";
import { enriched, load, pair, pairs, parse, uuid } from "./support/conversations.ts";
import { writeFullJson, writeJsonl } from "./support/write.ts";

function snapshotOf(source: unknown): Snapshot {
  return takeSnapshot(parse(source));
}

/** `code pair_index` of each problem. */
function found(source: unknown): string[] {
  return snapshotOf(source).problems.map((p) => `${p.code} ${p.pair_index ?? "-"} ${p.level}`);
}

describe("takeSnapshot", () => {
  test("counts pairs, targets, turns and rows", () => {
    const source = enriched([...pairs(2), pair(3, { target_response: null })]);

    const { counts, rows, context_pairs } = snapshotOf(source);

    expect(counts).toEqual({ pairs: 3, target_pairs: 2, turns: 3 });
    expect(rows).toEqual({ pair: 2, conversation: 1 });
    expect(context_pairs).toEqual([2]);
  });

  test("is the same for the same bytes, whatever the conversation is called", () => {
    const source = enriched(pairs(2));

    expect(takeSnapshot(parse(source, uuid(2)))).toEqual(takeSnapshot(parse(source, uuid(1))));
  });

  test("survives jsonb: no NUL, no lone surrogate, and its schema takes it back", () => {
    fc.assert(fc.property(fc.oneof(soundConversation, brokenConversation), (source) => {
      const snapshot = snapshotOf(source);
      const text = JSON.stringify(snapshot);

      expect(text).not.toMatch(/(?<!\\)(\\\\)*\\u(0000|d[89a-f])/i);
      expect(Snapshot.parse(JSON.parse(text))).toEqual(snapshot);
    }));
  });

  test("makes hostile ids, keys and scores safe to store, and cuts them", () => {
    const hostile = `a\0b\ud800${"x".repeat(500)}`;
    const source = enriched([pair(1, { id: hostile, target_response: null, [hostile]: "\0" })], {
      input_parameters: { persona_key: hostile, emotional_arc_key: "  ", training_topic_key: {} },
    });

    const { problems, scaffolding } = snapshotOf(source);

    expect(scaffolding).toMatchObject({ emotional_arc_key: null, training_topic_key: null });
    for (const text of [scaffolding.persona_key, ...problems.map((own) => own.message)]) {
      expect(text).not.toContain("\0");
      expect(text?.isWellFormed()).toBe(true);
      expect(text?.length).toBeLessThan(310);
    }
    expect(problems.find((own) => own.pair_id !== null)?.pair_id).toMatch(/^a\uFFFDb\uFFFDx+…$/);
  });

  test("knows to the byte what the conversation takes in both native files", () => {
    fc.assert(fc.property(fc.oneof(soundConversation, brokenConversation), (source) => {
      const loaded = load(source);
      const [json, jsonl] = [writeFullJson([loaded]), writeJsonl([loaded], false)];
      const line = new TextDecoder().decode(json).split("\n").at(-3) ?? "";

      expect(loaded.entry.snapshot.sizes).toEqual({
        json: new TextEncoder().encode(line).byteLength,
        jsonl: jsonl.byteLength,
      });
    }));
  });

  test("is reviewed only if every pair is", () => {
    const review = (human_reviewed: boolean | null) => ({ training_metadata: { human_reviewed } });

    expect(snapshotOf(enriched(pairs(2, review(true)))).is_human_reviewed).toBe(true);
    expect(snapshotOf(enriched([pair(1, review(true)), pair(2, review(null))])).is_human_reviewed)
      .toBe(false);
  });

  test("leaves a score outside 1–5 out of the means and says so (E13)", () => {
    const [first, second] = pairs(2);
    const source = enriched([first, { ...second, training_metadata: { quality_score: 38 } }]);

    expect(snapshotOf(source).scores).toEqual({ sum: 4, count: 1, min: 4, max: 4 });
    expect(found(source)).toEqual(["E13 1 error"]);
  });

  test.each([
    ["missing", [null], "E10 0 error"],
    ["repeated", [1, 1], "E10 1 error"],
    ["falling", [2, 1], "E10 1 error"],
    ["a fraction", [1.5], "E10 0 error"],
  ])("reports turn numbers that are %s (E10)", (_name, turns, expected) => {
    const source = enriched(
      pairs(turns.length).map((own, index) => ({ ...own, turn_number: turns[index] })),
    );

    expect(found(source)).toEqual([expected]);
  });

  test("reports an id that a conversation uses twice (E11)", () => {
    expect(found(enriched(pairs(2, { id: "same" })))).toEqual(["E11 1 error"]);
  });

  test("reads scaffolding from the pairs where input_parameters has none", () => {
    const metadata = {
      persona_archetype: "planner",
      client_persona: "Pat - The Planner",
      emotional_arc: { name: "not a name" },
      emotional_arc_key: "fear_to_confidence",
    };
    const source = enriched(pairs(1, { conversation_metadata: metadata }), {
      input_parameters: { training_topic_key: "budgeting" },
    });

    expect(snapshotOf(source).scaffolding).toEqual({
      persona_key: "planner",
      persona_name: "Pat - The Planner",
      emotional_arc_key: "fear_to_confidence",
      emotional_arc: null,
      training_topic_key: "budgeting",
      training_topic: null,
    });
  });

  test("reports scaffolding that is missing as an error and that disagrees as a warning (E12)", () => {
    const metadata = { persona_archetype: "planner" };
    const other = enriched(pairs(1, { conversation_metadata: metadata }));

    expect(found(enriched(pairs(1), { input_parameters: null }))).toEqual([
      "E12 - error",
      "E12 - error",
      "E12 - error",
    ]);
    expect(found(other)).toEqual(["E12 - warning"]);
    expect(snapshotOf(other).scaffolding.persona_key).toBe("pragmatic_optimist");
  });

  test("recounts what the file declares and reports the difference (E21)", () => {
    const declared = { total_turns: 99, total_conversations: 2 };
    const source = enriched(pairs(3), { dataset_metadata: declared });

    expect(snapshotOf(source).counts.turns).toBe(3);
    expect(found(source)).toEqual(["E21 - error", "E21 - error"]);
  });

  test("reports a NUL beside the texts without excluding the pair (E01)", () => {
    const { problems, rows } = snapshotOf(enriched(pairs(1, { note: "a\0b" })));

    expect(problems).toMatchObject([
      { code: "E01", excluded: false, message: "training_pairs[0].note holds a NUL character" },
    ]);
    expect(rows.pair).toBe(1);
  });

  test("takes profiles for equal whatever the order of their keys", () => {
    const [ab, ba] = [{ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }];
    const hash = (profile: unknown) =>
      snapshotOf(enriched(pairs(1), { consultant_profile: profile })).consultant_profile_sha256;

    expect(hash(ab)).toBe(hash(ba));
    expect(hash(ab)).not.toBe(hash({ ...ab, a: 2 }));
  });
});

describe("qualityTier", () => {
  test.each([
    [5, "seed_dataset"],
    [4.5, "seed_dataset"],
    [4.49, "production"],
    [3.4999999999999996, "production"],
    [3.49, "experimental"],
    [2.5, "experimental"],
    [2.49, "rejected"],
    [null, null],
  ])("puts %s into %s", (score, tier) => {
    expect(qualityTier(score)).toBe(tier);
  });
});
