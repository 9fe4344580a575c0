import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fullJsonSize } from "../../../shared/training-files/native/full-json-writer.ts";
import { jsonlWriter } from "../../../shared/training-files/native/jsonl-writer.ts";
import { renderNative } from "../../../shared/training-files/native/rendered-conversation.ts";
import { totalsOf } from "../../../shared/training-files/native/totals.ts";
import { soundConversation } from "./support/arbitraries.ts";
import { enriched, FILE, load, loadAll, pair, pairs, uuid } from "./support/conversations.ts";
import { collect, rowsOf, writeFullJson, writeJsonl } from "./support/write.ts";
import { fullJsonWriter } from "../../../shared/training-files/native/full-json-writer.ts";

const files = fc.array(soundConversation, { minLength: 1, maxLength: 6 });

/** What the tests read of the full JSON. */
interface Full {
  training_file_metadata: Record<string, unknown> & { quality_summary: Record<string, unknown> };
  consultant_profile: unknown;
  conversations: {
    conversation_metadata: Record<string, unknown>;
    training_pairs: Record<string, unknown>[];
  }[];
}

function read(bytes: Uint8Array): Full {
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
}

describe("fullJsonWriter", () => {
  test("has the keys of seed 001 in their order", () => {
    const full = read(writeFullJson(loadAll([enriched(pairs(2))])));

    expect(Object.keys(full)).toEqual([
      "training_file_metadata",
      "consultant_profile",
      "conversations",
    ]);
    expect(Object.keys(full.training_file_metadata)).toEqual([
      "file_name",
      "version",
      "created_date",
      "last_updated",
      "format_spec",
      "vertical",
      "total_conversations",
      "total_training_pairs",
      "quality_summary",
      "scaffolding_distribution",
    ]);
    expect(full.conversations[0]?.conversation_metadata).toEqual({
      conversation_id: uuid(1),
      source_file: `fp_conversation_${uuid(1)}.json`,
      created_date: "2025-12-01",
      total_turns: 2,
      quality_tier: "production",
      scaffolding: {
        persona_key: "pragmatic_optimist",
        persona_name: "Owen Halvorsen",
        emotional_arc_key: "confusion_to_clarity",
        emotional_arc: "Confusion → Clarity",
        training_topic_key: "debt_consolidation",
        training_topic: "Debt Consolidation",
      },
    });
  });

  test("writes null where the file lacks a field", () => {
    const full = read(writeFullJson(loadAll([{ training_pairs: [pair(1)] }])));

    expect(full.training_file_metadata["vertical"]).toBeNull();
    expect(full.consultant_profile).toBeNull();
    expect(full.conversations[0]?.conversation_metadata["scaffolding"]).toEqual({
      persona_key: null,
      persona_name: null,
      emotional_arc_key: null,
      emotional_arc: null,
      training_topic_key: null,
      training_topic: null,
    });
  });

  test("passes pairs through letter for letter, numbers included", () => {
    const text = JSON.stringify(enriched([pair(1)])).replace(
      '"quality_score":4',
      '"quality_score":4.0,"big":12345678901234567890,"tiny":1e-7',
    );

    const written = new TextDecoder().decode(writeFullJson([load(text)]));

    const source = text.slice(text.indexOf('"training_pairs":'), -1);
    expect(written).toContain(source);
  });

  test("passes any pairs through unchanged, unknown fields and all, in the order of the file", () => {
    fc.assert(fc.property(files, (sources) => {
      const { conversations } = read(writeFullJson(loadAll(sources)));

      expect(conversations.map((own) => own.training_pairs)).toEqual(
        sources.map((source) => JSON.parse(JSON.stringify(source["training_pairs"]))),
      );
      expect(conversations.map((own) => own.conversation_metadata["conversation_id"])).toEqual(
        sources.map((_, index) => uuid(index + 1)),
      );
    }));
  });

  test("has totals that equal a recount of its own conversations", () => {
    fc.assert(fc.property(files, (sources) => {
      const full = read(writeFullJson(loadAll(sources)));

      expect(full.training_file_metadata).toMatchObject(recount(full));
    }));
  });

  test("gives the same bytes on repeat", () => {
    fc.assert(
      fc.property(files, (sources) => {
        expect(writeFullJson(loadAll(sources))).toEqual(writeFullJson(loadAll(sources)));
      }),
      { numRuns: 30 },
    );
  });

  test("is as large as said before the first conversation is read", () => {
    fc.assert(fc.property(files, (sources) => {
      const loaded = loadAll(sources);

      expect(fullJsonSize(FILE, totalsOf(loaded.map(({ entry }) => entry)))).toBe(
        writeFullJson(loaded).byteLength,
      );
    }));
  });

  test("writes a batch id only where one is known", () => {
    const [one, two] = loadAll([enriched(pairs(1)), enriched(pairs(2))]);
    if (!one || !two) throw new Error("two");

    const bytes = writeFullJson([{ ...one, entry: { ...one.entry, batch_id: uuid(9) } }, two]);

    expect(read(bytes).conversations.map((own) => own.conversation_metadata["batch_id"])).toEqual([
      uuid(9),
      undefined,
    ]);
  });

  test("writes what was rendered before as it writes the conversation itself", () => {
    fc.assert(
      fc.property(files, (conversations) => {
        const loaded = loadAll(conversations);
        const entries = loaded.map(({ entry }) => entry);
        const totals = totalsOf(entries);
        const { total_training_pairs: totalPairs } = totals;
        const rendered = loaded.map(({ entry, conversation }) => ({
          entry,
          conversation: renderNative(entry, conversation),
        }));

        expect(collect(rendered, (sink) => fullJsonWriter(FILE, totals, sink)))
          .toEqual(writeFullJson(loaded));
        expect(collect(rendered, (sink) => jsonlWriter(FILE, { totalPairs, hasMeta: true }, sink)))
          .toEqual(writeJsonl(loaded));
      }),
      { numRuns: 30 },
    );
  });

  test("renders nothing whose bytes are not the pinned ones (E22)", () => {
    const { entry } = load(enriched(pairs(1)));
    const { conversation } = load(enriched(pairs(2)));

    expect(() => renderNative(entry, conversation)).toThrow(
      expect.objectContaining({ code: "SOURCE_CHANGED" }),
    );
  });

  test("refuses bytes that are not the pinned ones (E22)", () => {
    const { entry } = load(enriched(pairs(1)));
    const { conversation } = load(enriched(pairs(2)));

    expect(() => writeFullJson([{ entry, conversation }])).toThrow(
      expect.objectContaining({
        code: "SOURCE_CHANGED",
        details: [expect.objectContaining({ code: "E22" })],
      }),
    );
  });

  test("refuses to end a file that lacks a conversation (E21)", () => {
    const loaded = loadAll([enriched(pairs(1)), enriched(pairs(1))]);
    const totals = totalsOf(loaded.map(({ entry }) => entry));

    expect(() => collect(loaded.slice(1), (sink) => fullJsonWriter(FILE, totals, sink))).toThrow(
      expect.objectContaining({
        code: "TOTALS_DIFFER",
        details: expect.objectContaining({ code: "E21" }),
      }),
    );
  });
});

/** The figures of the header, counted again from the conversations, by other means. */
function recount({ conversations }: Full) {
  const isTarget = (own: Record<string, unknown>) => own["target_response"] !== null;
  const metadata = (own: Record<string, unknown>): Record<string, unknown> =>
    Object(own["training_metadata"]);
  const means = conversations.flatMap((conversation) => {
    const scores = conversation.training_pairs
      .map((own) => metadata(own)["quality_score"])
      .filter((score) => typeof score === "number");
    return scores.length > 0 ? [scores.reduce((a, b) => a + b) / scores.length] : [];
  });
  const reviewed =
    conversations.filter(({ training_pairs }) =>
      training_pairs.every((own) => metadata(own)["human_reviewed"] === true)
    ).length;
  const rounded = (value: number) => expect.closeTo(value, 1);
  const summary = means.length === 0
    ? { avg_quality_score: null, min_quality_score: null, max_quality_score: null }
    : {
      avg_quality_score: rounded(means.reduce((a, b) => a + b) / means.length),
      min_quality_score: rounded(Math.min(...means)),
      max_quality_score: rounded(Math.max(...means)),
    };
  return {
    total_conversations: conversations.length,
    total_training_pairs:
      conversations.flatMap((own) => own.training_pairs).filter(isTarget).length,
    quality_summary: { ...summary, human_reviewed_count: reviewed },
  };
}

describe("jsonlWriter", () => {
  test("starts with the _meta line and has a line for each pair with a target", () => {
    const source = enriched([...pairs(2), pair(3, { target_response: null })]);

    const [meta, ...lines] = rowsOf(writeJsonl(loadAll([source, enriched(pairs(1))])));

    expect(meta).toEqual({
      _meta: { file_name: "Spring clients", total_pairs: 3, version: "4.0.0" },
    });
    expect(lines.map((line) => line["id"])).toEqual(["turn1", "turn2", "turn1"]);
  });

  test("leaves the _meta line out on demand", () => {
    expect(rowsOf(writeJsonl(loadAll([enriched(pairs(2))]), false))).toHaveLength(2);
  });

  test("has the keys of seed 001 in their order, then the pair's own", () => {
    const { emotional_context: _, ...lacking } = pair(1, { zz: 1, aa: 2 });

    const [line] = rowsOf(writeJsonl([load(enriched([lacking]), 7)], false));

    expect(Object.keys(line ?? {})).toEqual([
      "id",
      "conversation_id",
      "turn_number",
      "conversation_metadata",
      "system_prompt",
      "conversation_history",
      "current_user_input",
      "emotional_context",
      "target_response",
      "training_metadata",
      "zz",
      "aa",
    ]);
    expect(line).toMatchObject({ conversation_id: uuid(7), emotional_context: null });
  });

  test("leaves any Unicode untouched and unescaped", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (text) => {
      const bytes = writeJsonl([load(enriched([pair(1, { target_response: text })]))], false);

      expect(rowsOf(bytes)[0]?.["target_response"]).toBe(text);
      expect(new TextDecoder().decode(bytes)).not.toMatch(/\\u(?!00[01])/);
    }));
  });

  test("holds every training pair as it came, but for the conversation id", () => {
    fc.assert(fc.property(files, (sources) => {
      const own = sources.flatMap((source) => JSON.parse(JSON.stringify(source["training_pairs"])));
      const targets = own.filter((line) => line["target_response"] !== null);

      const lines = rowsOf(writeJsonl(loadAll(sources), false));

      expect(lines).toHaveLength(targets.length);
      lines.forEach((line, index) =>
        expect(line).toEqual({ ...targets[index], conversation_id: line["conversation_id"] })
      );
    }));
  });
});
