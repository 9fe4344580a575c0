import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normaliseConversation } from "../../../shared/training-files/normalise/normalise-conversation.ts";
import { checkTranscript } from "../../../shared/training-files/normalise/check-transcript.ts";
import { brokenConversation, soundConversation } from "./support/arbitraries.ts";
import { enriched, pair, pairs, parse } from "./support/conversations.ts";

function normalise(source: unknown) {
  return normaliseConversation(parse(source).data);
}

/** The codes of the problems, in order. */
function codes(source: unknown): string[] {
  return normalise(source).problems.map(({ code }) => code);
}

const user = (content: string) => ({ role: "user", content });
const assistant = (content: string) => ({ role: "assistant", content });

describe("normaliseConversation", () => {
  test("gives a row a pair and one row for the conversation", () => {
    const { rows, problems } = normalise(enriched(pairs(3)));

    expect(rows.pair.map(({ messages }) => messages.length)).toEqual([2, 4, 6]);
    expect(rows.conversation).toEqual([rows.pair[2]]);
    expect(problems).toEqual([]);
  });

  test("drops the repeat of the input from the history, and says so (E08)", () => {
    const source = pair(1, { conversation_history: [user(" question 1\n")] });

    const { rows, problems } = normalise(enriched([source]));

    expect(rows.pair[0]?.messages).toEqual([user("question 1"), assistant("answer 1")]);
    expect(problems).toMatchObject([{ code: "E08", level: "error", fixed: true, excluded: false }]);
  });

  test("reads a real v4 file, one pair a message, without losing a reply", () => {
    const source = enriched([
      pair(1, { target_response: null }),
      pair(2, {
        current_user_input: "question 1",
        conversation_history: [user("question 1")],
        target_response: "answer 1",
      }),
      pair(3, {
        conversation_history: [user("question 1"), assistant("answer 1")],
        target_response: null,
      }),
      pair(4, {
        current_user_input: "question 3",
        conversation_history: [user("question 1"), assistant("answer 1"), user("question 3")],
        target_response: "answer 3",
      }),
    ]);

    const { rows, problems } = normalise(source);

    expect(rows.pair).toHaveLength(2);
    expect(rows.conversation).toHaveLength(1);
    expect(problems.map(({ code, level }) => `${code} ${level}`)).toEqual([
      "E07 info",
      "E08 error",
      "E07 info",
      "E08 error",
    ]);
  });

  test.each([
    ["E02", { conversation_history: [user("a"), { role: "tool", content: "b" }] }],
    ["E03", { conversation_history: [assistant("a")] }],
    ["E04", { conversation_history: [user("another question")] }],
    ["E04", { conversation_history: [user("a"), assistant("b"), assistant("c")] }],
    ["E06", { conversation_history: [user("a"), assistant(" \n")] }],
    ["E06", { current_user_input: "" }],
    ["E06", { current_user_input: null }],
    ["E06", { target_response: " " }],
    ["E01", { target_response: "a\0b" }],
    ["E01", { current_user_input: "\ud800" }],
    ["E01", { system_prompt: "a\0b" }],
  ])("excludes a pair with %s and gives the reason", (code, fields) => {
    const { rows, problems } = normalise(enriched([pair(1, fields)]));

    expect(rows.pair).toEqual([]);
    expect(problems).toMatchObject([{ code, pair_index: 0, excluded: true, fixed: false }]);
  });

  test("reports a conversation without any target as an error (E07)", () => {
    const found = normalise(enriched([pair(1, { target_response: null })])).problems;

    expect(found).toMatchObject([
      { code: "E07", level: "info", pair_index: 0 },
      { code: "E07", level: "error", pair_index: null },
    ]);
  });

  test("keeps a pair that does not continue the one before as a row of its own (E09)", () => {
    const source = enriched([pair(1), pair(2, { conversation_history: [] })]);

    const { rows, problems } = normalise(source);

    expect(rows.conversation).toHaveLength(2);
    expect(problems).toMatchObject([{ code: "E09", pair_index: 1, fixed: true, excluded: false }]);
  });

  test("finds a history that has another reply than the target before it (E09)", () => {
    const source = enriched([
      pair(1),
      pair(2, { conversation_history: [user("question 1"), assistant("an older answer")] }),
    ]);

    expect(codes(source)).toEqual(["E09"]);
  });

  test("takes a system message at the head of the history for the system prompt", () => {
    const history = [{ role: "system", content: "Be brief." }];
    const source = pair(1, { system_prompt: null, conversation_history: history });

    expect(normalise(enriched([source])).rows.pair[0]?.system).toBe("Be brief.");
  });

  test("warns of two system prompts, in one pair or over several (W15)", () => {
    const history = [{ role: "system", content: "Be brief." }];
    const twoInOne = enriched([pair(1, { conversation_history: history })]);
    const [first, second] = pairs(2);
    const overSeveral = enriched([first, { ...second, system_prompt: "Be brief." }]);

    expect(codes(twoInOne)).toEqual(["W15"]);
    expect(codes(overSeveral)).toEqual(["W15"]);
  });

  test("has no system prompt rather than an empty one", () => {
    const source = enriched([pair(1, { system_prompt: "  " })]);

    expect(normalise(source).rows.pair[0]?.system).toBeNull();
  });
});

describe("normaliseConversation on anything that the schema lets in", () => {
  test("gives every pair with a target either a row or one reason", () => {
    fc.assert(fc.property(fc.oneof(soundConversation, brokenConversation), (source) => {
      const { data } = parse(source);
      const { rows, problems } = normaliseConversation(data);
      const targets = data.training_pairs.filter((pair) => pair.target_response !== null).length;
      const excluded = problems.filter((problem) => problem.excluded);

      expect(rows.pair.length + excluded.length).toBe(targets);
      expect(new Set(excluded.map((problem) => problem.pair_index)).size).toBe(excluded.length);
    }));
  });

  test("lets no row out that breaks the rule of all consumers", () => {
    fc.assert(fc.property(brokenConversation, (source) => {
      const { rows } = normalise(source);

      expect(rows.pair.map(({ messages }) => checkTranscript(messages))).toEqual(
        rows.pair.map(() => null),
      );
    }));
  });

  test("has the last reply of every chain in a conversation row, so that none is lost", () => {
    fc.assert(fc.property(fc.oneof(soundConversation, brokenConversation), (source) => {
      const { rows } = normalise(source);
      const held = rows.conversation.map(({ messages }) => JSON.stringify(messages).slice(0, -1));
      const isHeld = rows.pair.every(({ messages }) =>
        held.some((text) => text.startsWith(JSON.stringify(messages).slice(0, -1)))
      );

      expect(isHeld).toBe(true);
    }));
  });

  test("makes one row of every sound conversation", () => {
    fc.assert(fc.property(soundConversation, (source) => {
      const { rows } = normalise(source);

      expect(rows.conversation).toHaveLength(rows.pair.length > 0 ? 1 : 0);
    }));
  });
});

describe("checkTranscript", () => {
  test.each([
    [[], "E05"],
    [[user("a")], "E05"],
    [[user("a"), assistant("b"), user("c")], "E05"],
    [[assistant("b")], "E03"],
    [[user("a"), user("b")], "E04"],
    [[{ role: "human", content: "a" }], "E02"],
    [[user("")], "E06"],
    [[user("\udc00"), assistant("b")], "E01"],
  ])("finds the fault of %j", (messages, code) => {
    expect(checkTranscript(messages)?.code).toBe(code);
  });
});
