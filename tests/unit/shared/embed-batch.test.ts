import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { embedBatch, InputRefusedError } from "../../../shared/providers/embed-batch.ts";
import type { Embedder } from "../../../shared/providers/embedder.ts";
import { ProviderError } from "../../../shared/providers/provider-error.ts";

const never = new AbortController().signal;

/** Refuses every request with one of the bad texts; each text's vector is its own number. */
function createProvider(bad: Set<number>) {
  const requests: string[][] = [];
  const embedder: Embedder = {
    provider: "test",
    model: "test",
    limits: { texts: 2048, tokens: 300_000, tokensOfText: 8192 },
    embed: (texts) => {
      requests.push(texts);
      if (texts.some((text) => bad.has(Number(text)))) {
        return Promise.reject(new ProviderError("refused", { refusal: "input_rejected" }));
      }
      return Promise.resolve({
        vectors: texts.map((text) => [Number(text)]),
        tokens: texts.length,
      });
    },
  };
  return { embedder, requests };
}

const textsOf = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

describe("embedBatch", () => {
  test("makes one request where nothing is refused", async () => {
    const { embedder, requests } = createProvider(new Set());

    const answer = await embedBatch(embedder, textsOf(48), never);

    expect(requests).toHaveLength(1);
    expect(answer).toEqual({ vectors: textsOf(48).map((text) => [Number(text)]), tokens: 48 });
  });

  test("finds the first refused text within two requests a level and one", async () => {
    await fc.assert(fc.asyncProperty(
      fc.integer({ min: 1, max: 300 }).chain((count) =>
        fc.tuple(
          fc.constant(count),
          fc.uniqueArray(fc.nat(count - 1), { minLength: 1, maxLength: 4 }),
        )
      ),
      async ([count, bad]) => {
        const { embedder, requests } = createProvider(new Set(bad));

        const error = await embedBatch(embedder, textsOf(count), never).catch((cause) => cause);

        expect(error).toBeInstanceOf(InputRefusedError);
        expect(error.index).toBe(Math.min(...bad));
        // The whole; then at each level one half that passes at most, and one that is refused.
        expect(requests.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(count)) + 1);
        const asked = requests.map((texts) => texts.join());
        expect(new Set(asked).size).toBe(asked.length);
      },
    ));
  });

  test("gives the vectors in order when the halves pass which the whole does not", async () => {
    const { embedder } = createProvider(new Set());
    const small: Embedder = {
      ...embedder,
      embed: (texts, options) =>
        texts.length > 10
          ? Promise.reject(new ProviderError("too long", { refusal: "input_rejected" }))
          : embedder.embed(texts, options),
    };

    const answer = await embedBatch(small, textsOf(37), never);

    expect(answer).toEqual({ vectors: textsOf(37).map((text) => [Number(text)]), tokens: 37 });
  });

  test.each(["transient", "rate_limited", "unauthorized", "permanent"] as const)(
    "does not take a batch apart for a refusal that is %s",
    async (refusal) => {
      const refused = new ProviderError("no", { refusal });
      let requests = 0;
      const embedder: Embedder = {
        provider: "test",
        model: "test",
        limits: { texts: 2048, tokens: 300_000, tokensOfText: 8192 },
        embed: () => {
          requests++;
          return Promise.reject(refused);
        },
      };

      await expect(embedBatch(embedder, textsOf(8), never)).rejects.toBe(refused);
      expect(requests).toBe(1);
    },
  );

  test("stops when a half fails for another reason", async () => {
    const { embedder } = createProvider(new Set([7]));
    const failing: Embedder = {
      ...embedder,
      embed: (texts, options) =>
        texts.length === 2
          ? Promise.reject(new ProviderError("away"))
          : embedder.embed(texts, options),
    };

    await expect(embedBatch(failing, textsOf(8), never)).rejects.toMatchObject({
      refusal: "transient",
    });
  });
});
