import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputRefusedError } from "../../../shared/providers/embed-batch.ts";
import { embedTexts } from "../../../shared/providers/embed-texts.ts";
import type { Embedder } from "../../../shared/providers/embedder.ts";
import { ProviderError } from "../../../shared/providers/provider-error.ts";

/** Embeds a text as its number; refuses what is negative. */
function createCounter(limits: Embedder["limits"]) {
  const requests: string[][] = [];
  const embedder: Embedder = {
    provider: "p",
    model: "m",
    limits,
    embed: (texts) => {
      requests.push(texts);
      if (texts.some((text) => text.startsWith("-"))) {
        throw new ProviderError("no", { refusal: "input_rejected" });
      }
      return Promise.resolve({ vectors: texts.map((text) => [Number(text)]), tokens: 1 });
    },
  };
  return { embedder, requests };
}

const { signal } = new AbortController();

describe("embedTexts", () => {
  test("keeps every request within the limits, and all vectors in order", async () => {
    const scenario = fc.record({
      texts: fc.integer({ min: 1, max: 5 }),
      tokens: fc.integer({ min: 4, max: 40 }),
      tokensOfText: fc.constant(40),
      counts: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 30 }),
    });

    await fc.assert(fc.asyncProperty(scenario, async ({ counts, ...limits }) => {
      const { embedder, requests } = createCounter(limits);
      const texts = counts.map((tokenCount, at) => ({ text: `${at}`, tokenCount }));

      const vectors = await embedTexts(embedder, texts, signal);

      expect(vectors).toEqual(counts.map((_, at) => [at]));
      for (const request of requests) {
        const sum = request.reduce((sum, text) => sum + counts[Number(text)]!, 0);
        expect(request.length).toBeLessThanOrEqual(limits.texts);
        expect(request.length === 1 || sum <= limits.tokens).toBe(true);
      }
    }));
  });

  test("asks once for what fits, and not at all for nothing", async () => {
    const { embedder, requests } = createCounter({ texts: 10, tokens: 100, tokensOfText: 100 });

    await embedTexts(embedder, [], signal);
    await embedTexts(embedder, [1, 2, 3].map((n) => ({ text: `${n}`, tokenCount: 10 })), signal);

    expect(requests).toEqual([["1", "2", "3"]]);
  });

  test("says which of all texts is refused, not which of its request", async () => {
    const { embedder } = createCounter({ texts: 2, tokens: 100, tokensOfText: 100 });
    const texts = ["0", "1", "2", "-3", "4"].map((text) => ({ text, tokenCount: 1 }));

    const error = await embedTexts(embedder, texts, signal).catch((error) => error);

    expect(error).toBeInstanceOf(InputRefusedError);
    expect(error.index).toBe(3);
  });
});
