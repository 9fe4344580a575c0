import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseConversation } from "../../../shared/training-files/conversation/parse-conversation.ts";
import { groupNearDuplicates } from "../../../shared/training-files/duplicates/group-near-duplicates.ts";
import { takeFingerprint } from "../../../shared/training-files/fingerprint/fingerprint.ts";
import { totalsOf } from "../../../shared/training-files/native/totals.ts";
import { reportRows } from "../../../shared/training-files/report/report-rows.ts";
import { takeSnapshot } from "../../../shared/training-files/snapshot/take-snapshot.ts";
import { cookbookErrors } from "./support/consumers/openai-cookbook.ts";
import { rowsOf, writeExport } from "./support/write.ts";

const FOLDER = new URL("../../../samples/conversations/", import.meta.url);
const SAMPLES = readdirSync(FOLDER).sort().map((name) => {
  const conversationId = name.replace(".json", "");
  const conversation = parseConversation(readFileSync(new URL(name, FOLDER)), { conversationId });
  return {
    conversation,
    entry: { conversation_id: conversationId, snapshot: takeSnapshot(conversation) },
  };
});
const ENTRIES = SAMPLES.map(({ entry }) => entry);

describe("the sample conversations", () => {
  test("are twelve, named by uuid, over three personas, three arcs and four topics", () => {
    const totals = totalsOf(ENTRIES);
    const { personas, emotional_arcs, training_topics } = totals.scaffolding_distribution;

    expect(SAMPLES).toHaveLength(12);
    expect(
      ENTRIES.every(({ conversation_id }) =>
        /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(conversation_id)
      ),
    ).toBe(true);
    expect([personas, emotional_arcs, training_topics].map((counts) => Object.keys(counts).length))
      .toEqual([3, 3, 4]);
    expect(totals).toMatchObject({
      total_training_pairs: 49,
      avg_quality_score: 3.79,
      min_quality_score: 2.3,
      max_quality_score: 4.75,
      human_reviewed_count: 4,
    });
  });

  test("hold one pair without a target, one near-duplicate and three histories to repair", () => {
    const duplicates = groupNearDuplicates(SAMPLES.map(({ conversation }) => ({
      conversation_id: conversation.conversationId,
      fingerprint: takeFingerprint(conversation),
    })));
    const report = [...reportRows(ENTRIES, { duplicates })];
    const count = (code: string) => report.filter((row) => row.code === code).length;

    expect(duplicates.conversations).toMatchObject([
      {
        conversation_id: "be19c3d7-a04f-4d85-8a61-97d2e5f0b312",
        leader: "2f18b0d6-9a74-4c5d-a3e9-47c2d15b8e03",
      },
    ]);
    expect([count("E07"), count("E08"), count("W18")]).toEqual([1, 12, 5]);
    expect(report.filter((row) => row.excluded)).toEqual([]);
  });

  test("lose no pair in an export", () => {
    const rows = rowsOf(writeExport(SAMPLES, { format: "openai", granularity: "pair" }));

    expect(rows).toHaveLength(49);
    expect(cookbookErrors(rows)).toEqual([]);
    expect(rowsOf(writeExport(SAMPLES, { format: "openai" }))).toHaveLength(12);
  });
});
