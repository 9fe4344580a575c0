import { describe, expect, test } from "vitest";
import { totalsOf } from "../../../shared/training-files/native/totals.ts";
import { enriched, load, loadAll, pair, pairs, uuid } from "./support/conversations.ts";
import { writeFullJson } from "./support/write.ts";

/** A conversation whose pairs have these scores. */
function scored(...scores: (number | null)[]) {
  return enriched(
    scores.map((quality_score, index) => pair(index + 1, { training_metadata: { quality_score } })),
  );
}

function totals(...sources: unknown[]) {
  return totalsOf(loadAll(sources).map(({ entry }) => entry));
}

describe("totalsOf", () => {
  test("takes mean, min and max over conversations, not over pairs", () => {
    expect(totals(scored(1, 1, 1, 1), scored(5))).toMatchObject({
      avg_quality_score: 3,
      min_quality_score: 1,
      max_quality_score: 5,
    });
  });

  test("rounds to two decimals only at the end", () => {
    expect(totals(scored(4, 4, 3), scored(4, 4, 3), scored(5))).toMatchObject({
      avg_quality_score: 4.11,
      min_quality_score: 3.67,
    });
  });

  test("has no score rather than zero when no pair has one", () => {
    expect(totals(scored(null))).toMatchObject({
      avg_quality_score: null,
      min_quality_score: null,
      max_quality_score: null,
    });
  });

  test("writes whole scores with a decimal point", () => {
    const text = new TextDecoder().decode(writeFullJson([load(scored(4))]));

    expect(text).toContain('"avg_quality_score":4.0,');
    expect(text).toContain('"human_reviewed_percentage":0.0}');
  });

  test("counts scaffolding by key and makes no key special", () => {
    const withPersona = (persona_key: string | null) =>
      enriched(pairs(1), { input_parameters: { persona_key } });

    const { scaffolding_distribution: { personas } } = totals(
      withPersona("__proto__"),
      withPersona("b"),
      withPersona("b"),
      withPersona(null),
    );

    expect(JSON.stringify(personas)).toBe('{"__proto__":1,"b":2}');
  });

  test("refuses two consultant profiles and names the conversations", () => {
    const other = enriched(pairs(1), { consultant_profile: { name: "Someone else" } });

    expect(() => totals(enriched(pairs(1)), other, enriched(pairs(2)))).toThrow(
      expect.objectContaining({
        code: "CONSULTANT_PROFILE_MISMATCH",
        status: 422,
        details: [expect.objectContaining({ conversation_id: uuid(2) })],
      }),
    );
  });

  test("takes a conversation without a profile to agree with all", () => {
    const without = enriched(pairs(1), { consultant_profile: null });

    expect(totals(without, enriched(pairs(1))).consultant_profile).toContain("Elena Morales");
  });

  test("is all zero for no conversations", () => {
    expect(totals()).toMatchObject({ conversation_count: 0, human_reviewed_percentage: 0 });
  });
});
