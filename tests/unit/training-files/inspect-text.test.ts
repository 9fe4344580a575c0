import { describe, expect, test } from "vitest";
import { inspectPairs } from "../../../shared/training-files/normalise/inspect-pairs.ts";
import {
  findDamage,
  findPersonalData,
} from "../../../shared/training-files/normalise/inspect-text.ts";
import { enriched, pair, parse } from "./support/conversations.ts";

describe("findDamage", () => {
  test.each([
    ["Age: [object Object]", "[object Object]"],
    ["Hello {{ client_name }},", "placeholder"],
    ["It’s cafÃ© time", "mojibake"],
    ["itâ€™s fine", "mojibake"],
    ["ðŸ‘ done", "mojibake"],
    ["lost \uFFFD char", "mojibake"],
  ])("finds %s", (text, word) => {
    expect(findDamage(text).map(({ message }) => message).join()).toContain(word);
  });

  test.each(["São Paulo, ÂNGULO, naïve café 👍", "use { braces } freely", "a {{ b"])(
    "lets %s be",
    (text) => {
      expect(findDamage(text)).toEqual([]);
    },
  );
});

describe("findPersonalData", () => {
  test.each([
    ["write to jo.doe+x@example.co.uk", "e-mail"],
    ["it is 123-45-6789", "social security"],
    ["call (555) 010-9999", "telephone"],
    ["call +1 555-010-9999", "telephone"],
    ["card 4111 1111 1111 1111", "card"],
    ["DE89 3704 0044 0532 0130 00", "IBAN"],
  ])("finds %s without repeating it", (text, kind) => {
    const [sign] = findPersonalData(text);

    expect(sign?.message).toContain(kind);
    expect(sign?.message).not.toMatch(/\d{3}|example/);
  });

  test.each([
    "$4,500 at 22 percent over 15 months",
    "from 2024-01-15 to 2025-12-31",
    "order 4111 1111 1111 1112",
    "401(k), 529 plan, 6.4 % @ 26 years",
  ])("lets %s be", (text) => {
    expect(findPersonalData(text)).toEqual([]);
  });

  test("reads seven megabytes of hostile text in seconds, not minutes", () => {
    const started = performance.now();

    for (const unit of ["a", "1", "a.", "1 ", "{{ ", "@", "A1"]) {
      const text = unit.repeat(1_000_000 / unit.length);
      findDamage(text);
      findPersonalData(text);
    }

    expect(performance.now() - started).toBeLessThan(15_000);
  });
});

describe("inspectPairs", () => {
  test("reports a text that many pairs share once, and names its field", () => {
    const prompt = "You are {{name}}.";
    const source = enriched([1, 2, 3].map((turn) => pair(turn, { system_prompt: prompt })));

    expect(inspectPairs(parse(source))).toMatchObject([
      { code: "W16", pair_index: 0, message: "system_prompt holds an unreplaced {{placeholder}}" },
    ]);
  });

  test("finds [object Object] deep in the metadata, where it was born", () => {
    const fields = { conversation_metadata: { client_background: "Age [object Object]" } };

    expect(inspectPairs(parse(enriched([pair(1, fields)])))).toMatchObject([
      { code: "W16", message: "conversation_metadata.client_background holds [object Object]" },
    ]);
  });

  test("looks for personal data only in what is spoken", () => {
    const fields = { reviewer: "jo@example.com", target_response: "Write to jo@example.com" };

    expect(inspectPairs(parse(enriched([pair(1, fields)])))).toMatchObject([
      { code: "W19", message: "target_response looks like it holds an e-mail address" },
    ]);
  });
});
