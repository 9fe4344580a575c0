import { describe, expect, test } from "vitest";
import { refuseErrors } from "../../../shared/training-files/report/refuse-errors.ts";
import { reportRows } from "../../../shared/training-files/report/report-rows.ts";
import { summariseReport } from "../../../shared/training-files/report/summarise-report.ts";
import { enriched, loadAll, pair, pairs, uuid } from "./support/conversations.ts";
import { rowsOf, writeJsonl } from "./support/write.ts";

function report(sources: readonly unknown[], context: Parameters<typeof reportRows>[1] = {}) {
  return [...reportRows(loadAll(sources).map(({ entry }) => entry), context)];
}

const NO_SCORE = { training_metadata: null };
const EMPTY = { ...NO_SCORE, target_response: " " };

describe("reportRows", () => {
  test("has exactly the columns that are documented", () => {
    expect(report([enriched([pair(1, EMPTY)])])).toEqual([
      {
        line: 2,
        conversation_id: uuid(1),
        pair_id: "turn1",
        code: "E06",
        level: "error",
        message: "message 2 (assistant) is empty",
        fixed: false,
        excluded: true,
      },
    ]);
  });

  test("gives the line that the pair has in the JSONL", () => {
    const first = enriched([pair(1, NO_SCORE), pair(2, { ...NO_SCORE, target_response: null })]);
    const second = enriched([pair(1, { ...NO_SCORE, target_response: null }), pair(2, EMPTY)]);
    const lines = rowsOf(writeJsonl(loadAll([first, second])));

    const rows = report([first, second]);

    expect(rows.map(({ code, line }) => [code, line])).toEqual([
      ["E07", null],
      ["E07", null],
      ["E06", 3],
    ]);
    expect(lines[3 - 1]).toMatchObject({ conversation_id: uuid(2), id: "turn2" });
  });

  test("warns when the scores of a file do not vary (W14)", () => {
    const same = report([enriched(pairs(2)), enriched(pairs(1))]);
    const two = report([enriched(pairs(2))]);
    const [first, second] = pairs(2);
    const other = { ...second, training_metadata: { quality_score: 4.5 } };

    expect(same).toMatchObject([
      { code: "W14", conversation_id: null, message: "all 3 pairs have the quality_score 4" },
    ]);
    expect(two).toEqual([]);
    expect(report([enriched([first, other]), enriched(pairs(2))])).toEqual([]);
  });

  test("warns of near-duplicates, conversations and replies (W18)", () => {
    const rows = report([enriched(pairs(1)), enriched(pairs(1, NO_SCORE))], {
      duplicates: {
        conversations: [
          {
            conversation_id: uuid(2),
            duplicate_of: uuid(1),
            leader: uuid(1),
            similarity: 0.91,
          },
        ],
        replies: [
          {
            conversation_id: uuid(2),
            pair_index: 0,
            pair_id: "turn1",
            duplicate_of: { conversation_id: uuid(1), pair_id: "turn1" },
            similarity: 1,
          },
        ],
      },
    });

    expect(rows).toMatchObject([
      { code: "W18", line: null, conversation_id: uuid(2), pair_id: null },
      { code: "W18", line: 3, conversation_id: uuid(2), pair_id: "turn1" },
    ]);
  });

  test("warns of a conversation over the token limit (W20)", () => {
    const sources = [enriched(pairs(2))];

    expect(report(sources, { tokenLimit: 5 })).toMatchObject([{ code: "W20", level: "warning" }]);
    expect(report(sources)).toEqual([]);
  });
});

describe("refuseErrors", () => {
  test("refuses a repaired error too, and shows the rows", () => {
    const history = [{ role: "user", content: "question 1" }];

    const refuse = () =>
      refuseErrors(report([enriched([pair(1, { conversation_history: history })])]));

    expect(refuse).toThrow(
      expect.objectContaining({
        code: "VALIDATION_FAILED",
        status: 422,
        details: [expect.objectContaining({ code: "E08", fixed: true })],
      }),
    );
  });

  test("lets warnings and pairs without a target pass", () => {
    const sources = [
      enriched([pair(1, { system_prompt: "{{x}}" }), pair(2, { target_response: null })]),
    ];

    expect(report(sources).map(({ code }) => code)).toEqual(["W16", "E07"]);
    expect(() => refuseErrors(report(sources))).not.toThrow();
  });
});

describe("summariseReport", () => {
  test("counts by code, in the order of the codes", () => {
    const rows = report([
      enriched([pair(1, EMPTY)]),
      enriched([pair(1, EMPTY)], { input_parameters: null }),
    ]);

    expect(summariseReport(rows)).toEqual({
      errors: 5,
      warnings: 0,
      fixed: 0,
      excluded: 2,
      codes: [
        { code: "E06", count: 2, fixed: 0, excluded: 2 },
        { code: "E12", count: 3, fixed: 0, excluded: 0 },
      ],
    });
  });
});
