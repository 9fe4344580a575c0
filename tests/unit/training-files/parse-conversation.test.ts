import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findFlaws } from "../../../shared/training-files/conversation/find-flaws.ts";
import { parseConversation } from "../../../shared/training-files/conversation/parse-conversation.ts";
import { TrainingFileError } from "../../../shared/training-files/training-file-error.ts";
import { brokenConversation } from "./support/arbitraries.ts";
import { enriched, pair, pairs, parse, uuid } from "./support/conversations.ts";

/** The error that parsing throws, or a failure of the test. */
function refusal(source: unknown): TrainingFileError {
  try {
    parse(source);
  } catch (error) {
    if (error instanceof TrainingFileError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

function reason(source: unknown): string {
  return refusal(source).message;
}

describe("parseConversation", () => {
  test("reads the shape of seed 004", () => {
    const parsed = parse(enriched(pairs(2)));

    expect(parsed.data.training_pairs).toHaveLength(2);
    expect(parsed.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.parse(parsed.consultantProfile ?? "")).toEqual({
      name: "Elena Morales, CFP",
      years_experience: 15,
    });
  });

  test("names the conversation and the field of a missing target", () => {
    const { target_response: _, ...broken } = pair(2);

    const error = refusal(enriched([pair(1), broken]));

    expect(error.code).toBe("CONVERSATION_INVALID");
    expect(error.message).toContain(uuid(1));
    expect(error.message).toContain("training_pairs[1].target_response");
    expect(error.details).toEqual([
      expect.objectContaining({
        conversation_id: uuid(1),
        field: "training_pairs[1].target_response",
      }),
    ]);
  });

  test.each([
    ["a score in quotes", { training_metadata: { quality_score: "4" } }, "quality_score"],
    ["an input that is a number", { current_user_input: 5 }, "current_user_input"],
    ["a history entry without a role", { conversation_history: [{ content: "x" }] }, "[0].role"],
    ["a target that is an object", { target_response: {} }, "target_response"],
    ["no id", { id: undefined }, "training_pairs[0].id"],
  ])("refuses %s and names its path", (_name, fields, path) => {
    expect(reason(enriched([pair(1, fields)]))).toContain(path);
  });

  test.each([
    ["nothing", ""],
    ["null", "null"],
    ["a list", "[]"],
    ["NaN", "NaN"],
    ["a trailing comma", '{"training_pairs":[],}'],
    ["two documents", "{} {}"],
    ["no pairs", '{"training_pairs":[]}'],
  ])("refuses %s", (_name, text) => {
    expect(refusal(text).code).toBe("CONVERSATION_INVALID");
  });

  test("leaves unknown fields and missing blocks alone", () => {
    const source = { training_pairs: [pair(1, { new_field: { a: [1] } })], other: true };

    expect(parse(source).pairs[0]).toHaveProperty("new_field.a", [1]);
  });

  test("takes a BOM at the start for what it is", () => {
    expect(parse(`\uFEFF${JSON.stringify(enriched(pairs(1)))}`).pairs).toHaveLength(1);
  });
});

describe("parseConversation on hostile bytes", () => {
  test("refuses a file over the cap before it is decoded", () => {
    const error = (() => {
      try {
        parseConversation(new Uint8Array(40 * 1024 * 1024), { conversationId: uuid(1) });
      } catch (thrown) {
        return thrown;
      }
    })();

    expect(error).toMatchObject({ code: "CONVERSATION_TOO_LARGE", status: 413 });
  });

  test.each([10_000, 1_000_000])("refuses a depth of %d without overflowing the stack", (depth) => {
    const nested = "[".repeat(depth) + "]".repeat(depth);
    const text = `{"training_pairs":[],"x":${nested}}`;

    expect(reason(text)).toContain("nests deeper than 64");
  });

  test("counts no brackets inside strings", () => {
    const brackets = '[{\\"'.repeat(500);
    const text = JSON.stringify(enriched(pairs(1))).replace("question 1", brackets);

    expect(parse(text).data.training_pairs[0]?.current_user_input).toHaveLength(1500);
  });

  test.each([
    ["a truncated character", [0xe2, 0x82]],
    ["an overlong form", [0xc0, 0xaf]],
    ["a surrogate in UTF-8", [0xed, 0xa0, 0x80]],
    ["UTF-16", [0xff, 0xfe, 0x7b, 0x00]],
  ])("refuses %s with E01", (_name, bytes) => {
    const wrong = Uint8Array.from(bytes);

    expect(() => parseConversation(wrong, { conversationId: uuid(1) })).toThrow(/E01/);
  });

  test("refuses 1e400 and names where it stands", () => {
    const text = JSON.stringify(enriched(pairs(1))).replace('"quality_score":4', '"deep":[1e400]');

    expect(reason(text)).toContain("training_pairs[0].training_metadata.deep[0]");
  });

  test("passes __proto__ and constructor through without polluting anything", () => {
    const hostile = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},';
    const text = JSON.stringify(enriched(pairs(1))).replaceAll("{", `{${hostile}`);

    const parsed = parse(text.replaceAll(",}", "}"));

    expect(Object.hasOwn(parsed.pairs[0] ?? {}, "__proto__")).toBe(true);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
    expect(Reflect.get(parsed.data, "polluted")).toBeUndefined();
  });

  test("keeps the last of two equal keys, as jsonb does", () => {
    const text = JSON.stringify(enriched(pairs(1))).replace(
      '"target_response":',
      '"target_response":"first","target_response":',
    );

    const parsed = parse(text);

    expect(parsed.data.training_pairs[0]?.target_response).toBe("answer 1");
    expect(parsed.pairs[0]?.["target_response"]).toBe("answer 1");
  });

  test("finds NULs and lone surrogates in values and keys", () => {
    const source = enriched([pair(1, { note: "a\0b", "k\ud800": 1 })]);

    expect(parse(source).flaws.map(({ kind }) => kind)).toEqual([
      "NUL character",
      "lone surrogate",
    ]);
  });

  test.each(["\\u0000", "\\uD800", "\\udfff", "\\ud83d\\ud83d\\ude00"])(
    "finds %s as it was escaped",
    (escape) => {
      const text = JSON.stringify(enriched([pair(1, { note: "HERE" })])).replace("HERE", escape);

      expect(parse(text).flaws).toHaveLength(1);
    },
  );

  test("finds the flaws of any conversation that a walk over its value finds", () => {
    fc.assert(fc.property(brokenConversation, (source) => {
      const text = JSON.stringify(source);

      expect(parse(text).flaws).toEqual(findFlaws(JSON.parse(text)));
    }));
  });

  test("writes no NUL and no lone surrogate into an error message", () => {
    const text = JSON.stringify(enriched([{ ...pair(1), "bad\0\ud800": 1 }]));

    const message = reason(text.replace('"bad\\u0000\\ud800":1', '"bad\\u0000\\ud800":1e999'));

    expect(message.isWellFormed()).toBe(true);
    expect(message).not.toContain("\0");
  });
});
