import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { convertExchanges } from "../../../bench/training-files/convert-exchanges.ts";
import { countLost, type Reply } from "../../../bench/training-files/count-lost.ts";
import { repliesOf } from "../../../bench/training-files/replies-of.ts";
import { parseConversation } from "../../../shared/training-files/conversation/parse-conversation.ts";

const id = "7d77aa57-cdfe-47c1-b249-1f5a36aacd35";
const exchange = (sequence: number, rol1: string, rol2: string) => ({
  id_conversation: id,
  topic: "Savings & Deposits",
  sequence,
  rol1,
  rol2,
});
const reply = (text: string, pair = text): Reply => ({
  conversation_id: id,
  pair_id: pair,
  text,
});
const lines = (...rows: unknown[]) =>
  new TextEncoder().encode(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));

describe("convertExchanges", () => {
  test("makes one conversation of its exchanges in their order, which the product reads", () => {
    const rows = [exchange(1, "And then?", "Wait."), exchange(0, "Hello.", "Good morning!")];

    const bytes = convertExchanges(rows).get(id)!;

    const { data } = parseConversation(bytes, { conversationId: id });
    expect(data.input_parameters).toMatchObject({
      training_topic_key: "savings_deposits",
    });
    expect(data.training_pairs).toMatchObject([
      { id: "turn1", conversation_history: [], target_response: "Good morning!" },
      {
        id: "turn2",
        conversation_history: [{ content: "Hello." }, { content: "Good morning!" }],
        target_response: "Wait.",
      },
    ]);
    expect(repliesOf(id, bytes)).toEqual([
      reply("Good morning!", "turn1"),
      reply("Wait.", "turn2"),
    ]);
  });

  test("refuses another list", () => {
    expect(() => convertExchanges([{ question: "?" }])).toThrow();
  });
});

describe("countLost", () => {
  const shape = { isZip: false, isPair: false };

  test("finds a reply wherever it stands", () => {
    const bytes = lines({ messages: [{ content: "a" }, { deep: ["b"] }] });

    expect(countLost(bytes, [reply("a"), reply("b")], shape)).toBe(0);
    expect(countLost(bytes, [reply("a"), reply("c")], shape)).toBe(1);
  });

  test("misses one of two replies with the same words", () => {
    const replies = [reply("same", "1"), reply("same", "2")];

    expect(countLost(lines({ text: "same" }), replies, shape)).toBe(1);
    expect(countLost(lines({ text: "same" }, { text: "same" }), replies, shape)).toBe(0);
  });

  test("misses a row whose reply is still in another's history", () => {
    const bytes = lines({ history: ["a"], output: "b" });

    expect(countLost(bytes, [reply("a"), reply("b")], { isZip: false, isPair: true })).toBe(1);
  });

  test("reads the data file of a zip, which has no spaces at a part's end", () => {
    const zip = zipSync({ "info.json": lines({ text: "b" }), "data.jsonl": lines({ text: "a" }) });

    const count = countLost(zip, [reply("a  "), reply("b")], { isZip: true, isPair: false });

    expect(count).toBe(1);
  });
});
