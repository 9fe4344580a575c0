import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countTokens } from "../../../shared/knowledge/count-tokens.ts";
import { cutToTokens } from "../../../shared/knowledge/cut-to-tokens.ts";

describe("cutToTokens", () => {
  test("leaves a text as it is that has no more", async () => {
    const text = '1/2" x 6\'-0" '.repeat(50);

    expect(await cutToTokens(text, countTokens(text))).toEqual({
      text,
      tokenCount: countTokens(text),
    });
    expect((await cutToTokens("short", 8192)).text).toBe("short");
  });

  test("keeps as much of the beginning as has so many tokens, and says how many", async () => {
    const text = "Roof drain anchored with four bolts. ".repeat(400);

    const cut = await cutToTokens(text, 500);

    expect(text.startsWith(cut.text)).toBe(true);
    expect(cut.tokenCount).toBe(countTokens(cut.text));
    expect(cut.tokenCount).toBeLessThanOrEqual(500);
    expect(cut.tokenCount).toBeGreaterThan(495);
  });

  test("never gives more, nor half a character, whatever the text", async () => {
    const anyText = fc.string({ unit: "grapheme", minLength: 30, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(anyText, fc.integer({ min: 8, max: 60 }), async (text, max) => {
        const cut = await cutToTokens(text, max);

        expect(countTokens(cut.text)).toBeLessThanOrEqual(max);
        expect(cut.text.isWellFormed()).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
