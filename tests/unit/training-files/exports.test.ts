import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  exportOptions,
  optionsHash,
} from "../../../shared/training-files/exports/export-options.ts";
import { exportWarnings } from "../../../shared/training-files/exports/export-warnings.ts";
import {
  EXPORT_FORMATS,
  type ExportFormat,
} from "../../../shared/training-files/exports/formats.ts";
import { planExport } from "../../../shared/training-files/exports/plan-export.ts";
import { reportRows } from "../../../shared/training-files/report/report-rows.ts";
import { brokenConversation, soundConversation } from "./support/arbitraries.ts";
import { typingErrors } from "./support/consumers/hugging-face.ts";
import { cookbookErrors } from "./support/consumers/openai-cookbook.ts";
import { togetherErrors } from "./support/consumers/together.ts";
import { enriched, loadAll, type Loaded, pair, pairs } from "./support/conversations.ts";
import { memberText, unzip } from "./support/unzip.ts";
import { rowsOf, writeExport } from "./support/write.ts";

const FORMATS = Object.keys(EXPORT_FORMATS).filter((name): name is ExportFormat =>
  Object.hasOwn(EXPORT_FORMATS, name)
);
const choices = fc.record({
  format: fc.constantFrom(...FORMATS),
  granularity: fc.constantFrom("conversation" as const, "pair" as const),
  loss: fc.constantFrom("all" as const, "last" as const),
});
const files = fc.array(fc.oneof(soundConversation, brokenConversation), {
  minLength: 1,
  maxLength: 5,
});

/** The text of the data file, out of the zip where there is one. */
function dataOf(loaded: readonly Loaded[], request: Parameters<typeof writeExport>[1]): string {
  const bytes = writeExport(loaded, request);
  if (EXPORT_FORMATS[request.format].extension === "jsonl") {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  }
  const name = [...unzip(bytes).keys()].find((member) => member.endsWith(".jsonl")) ?? "";
  return memberText(bytes, name);
}

function rows(sources: readonly unknown[], request: Parameters<typeof writeExport>[1]) {
  return rowsOf(new TextEncoder().encode(dataOf(loadAll(sources), request)));
}

/** The lines that a reader has to see to know all types: the first, with `alpaca` up to a history. */
function firstChunkOf(text: string): number {
  const lines = text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  return Math.max(1, lines.findIndex(({ history }) => history?.length > 0) + 1);
}

const TALK = [enriched(pairs(2))];
const SYSTEM = { role: "system", content: "Be kind." };
const Q1 = { role: "user", content: "question 1" };
const A1 = { role: "assistant", content: "answer 1" };
const Q2 = { role: "user", content: "question 2" };
const A2 = { role: "assistant", content: "answer 2" };

describe("every export", () => {
  test("has as many rows as planned, and loses no training pair without a report row", () => {
    fc.assert(fc.property(files, choices, (sources, choice) => {
      const loaded = loadAll(sources);
      const entries = loaded.map(({ entry }) => entry);
      const report = [...reportRows(entries)];
      const targets = entries.reduce((sum, { snapshot }) => sum + snapshot.counts.target_pairs, 0);

      const lines = dataOf(loaded, { ...choice, granularity: "pair" }).split("\n").length - 1;

      expect(lines).toBe(
        planExport(entries, exportOptions({ ...choice, granularity: "pair" })).rows.train,
      );
      expect(lines + report.filter((row) => row.excluded).length).toBe(targets);
    }));
  });

  test("has one set of columns, no nulls and stable types from the first line on", () => {
    fc.assert(fc.property(files, choices, (sources, choice) => {
      const text = dataOf(loadAll(sources), choice);
      const columns = new Set(
        text.split("\n").filter((line) => line).map((line) => Object.keys(JSON.parse(line)).join()),
      );

      expect(columns.size).toBeLessThanOrEqual(1);
      expect(typingErrors(text, Infinity)).toEqual([]);
      expect(typingErrors(text, firstChunkOf(text))).toEqual([]);
    }));
  });

  test("has no header line, no BOM, no CR, and a line feed at the end", () => {
    fc.assert(fc.property(files, choices, (sources, choice) => {
      const lines = rowsOf(new TextEncoder().encode(dataOf(loadAll(sources), choice)));

      expect(lines.some((line) => "_meta" in line)).toBe(false);
    }));
  });

  test("gives the same bytes on repeat", () => {
    fc.assert(
      fc.property(files, choices, (sources, choice) => {
        expect(writeExport(loadAll(sources), choice)).toEqual(
          writeExport(loadAll(sources), choice),
        );
      }),
      { numRuns: 50 },
    );
  });

  test("keeps the order of the file and any Unicode", () => {
    fc.assert(fc.property(fc.array(soundConversation, { maxLength: 4 }), (sources) => {
      const replies = sources.flatMap((source) => {
        const own: Record<string, unknown>[] = Object(source["training_pairs"]);
        return own.map((line) => line["target_response"]).filter((reply) => reply !== null);
      });

      const lines = rows(sources, { format: "alpaca", granularity: "pair" });

      expect(lines.map((line) => line["output"])).toEqual(replies);
    }));
  });

  test("has a conversation with a lone surrogate or a NUL nowhere in its bytes", () => {
    const sources = [enriched([pair(1, { target_response: "a\0b" })]), ...TALK];

    expect(rows(sources, { format: "openai" })).toHaveLength(1);
  });
});

describe("openai and messages", () => {
  test("train every reply of a conversation by default", () => {
    expect(rows(TALK, { format: "openai" })).toEqual([{ messages: [SYSTEM, Q1, A1, Q2, A2] }]);
    expect(rows(TALK, { format: "messages" })).toEqual(rows(TALK, { format: "openai" }));
  });

  test("write the mask as weight on replies, and only there", () => {
    expect(rows(TALK, { format: "openai", loss: "last" })).toEqual([
      { messages: [SYSTEM, Q1, { ...A1, weight: 0 }, Q2, { ...A2, weight: 1 }] },
    ]);
  });

  test("train each reply once by default when there is a row a pair", () => {
    expect(rows(TALK, { format: "openai", granularity: "pair" })).toEqual([
      { messages: [SYSTEM, Q1, { ...A1, weight: 1 }] },
      { messages: [SYSTEM, Q1, { ...A1, weight: 0 }, Q2, { ...A2, weight: 1 }] },
    ]);
  });

  test("pass the seven checks of the cookbook and those of Together, whatever comes in", () => {
    fc.assert(fc.property(files, choices, (sources, choice) => {
      const lines = rows(sources, { ...choice, format: "openai" });

      expect(cookbookErrors(lines)).toEqual([]);
      expect(togetherErrors(lines)).toEqual([]);
    }));
  });

  test("warn of fewer examples than OpenAI takes", () => {
    const entries = loadAll(TALK).map(({ entry }) => entry);

    expect(exportWarnings(planExport(entries, exportOptions({ format: "openai" })))).toEqual([
      "has 1 examples, and OpenAI wants at least 10",
    ]);
  });
});

describe("sharegpt", () => {
  test("has human and gpt in turn and the system prompt in its own column", () => {
    expect(rows(TALK, { format: "sharegpt" })).toEqual([
      {
        conversations: [
          { from: "human", value: "question 1" },
          { from: "gpt", value: "answer 1" },
          { from: "human", value: "question 2" },
          { from: "gpt", value: "answer 2" },
        ],
        system: "Be kind.",
      },
    ]);
  });

  test("has an empty system column rather than none", () => {
    const source = enriched([pair(1, { system_prompt: null })]);

    expect(rows([source], { format: "sharegpt" })[0]?.["system"]).toBe("");
  });
});

describe("alpaca", () => {
  test("loads when no row has a history, and not when the first one comes after the first chunk", () => {
    const single = [enriched(pairs(1)), enriched(pairs(1))];

    const all = dataOf(loadAll(single), { format: "alpaca" });
    const late = dataOf(loadAll([...single, ...TALK]), { format: "alpaca" });

    expect(typingErrors(all, 1)).toEqual([]);
    expect(typingErrors(late, 3)).toEqual(["line 4 does not fit the first chunk"]);
    expect(typingErrors(late, 4)).toEqual([]);
  });

  test("has a row a pair, the exchanges before as history", () => {
    expect(rows(TALK, { format: "alpaca" })).toEqual([
      {
        instruction: "question 1",
        input: "",
        output: "answer 1",
        system: "Be kind.",
        history: [],
      },
      {
        instruction: "question 2",
        input: "",
        output: "answer 2",
        system: "Be kind.",
        history: [["question 1", "answer 1"]],
      },
    ]);
  });
});

describe("trl", () => {
  test("has prompt and completion, and no messages beside them", () => {
    expect(rows(TALK, { format: "trl" })).toEqual([
      { prompt: [SYSTEM, Q1], completion: [A1] },
      { prompt: [SYSTEM, Q1, A1, Q2], completion: [A2] },
    ]);
  });

  test("warns when all replies are asked for and one a row is trained", () => {
    const entries = loadAll(TALK).map(({ entry }) => entry);
    const request = { format: "trl", granularity: "conversation", loss: "all" } as const;

    expect(exportWarnings(planExport(entries, exportOptions(request)))).toEqual([
      "trl trains the last reply of a row; take granularity 'pair' for all",
    ]);
  });
});

describe("exportOptions", () => {
  test("has defaults that train every reply exactly once", () => {
    expect(exportOptions({ format: "openai" })).toMatchObject({
      granularity: "conversation",
      loss: "all",
    });
    expect(exportOptions({ format: "trl" })).toMatchObject({ granularity: "pair", loss: "last" });
  });

  test("hash alike when they are alike, however they were asked for", () => {
    const asked = exportOptions({ format: "openai", loss: "all" });

    expect(optionsHash(asked)).toBe(optionsHash(exportOptions({ format: "openai" })));
    expect(optionsHash(asked)).not.toBe(optionsHash({ ...asked, loss: "last" }));
  });
});
