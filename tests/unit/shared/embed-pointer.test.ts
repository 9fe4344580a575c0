import { describe, expect, test } from "vitest";
import { embedPointer } from "../../../shared/jobs/embed-pointer.ts";
import type { Lease } from "../../../shared/jobs/lease-keeper.ts";
import { countTokens } from "../../../shared/knowledge/count-tokens.ts";
import type { Embedder } from "../../../shared/providers/embedder.ts";
import { ProviderError, type ProviderRefusal } from "../../../shared/providers/provider-error.ts";

const text = "Roof drain anchored with four bolts. ".repeat(200);

/** Takes so many tokens of a text, and refuses more. */
async function embed(maxTokens: number, refusal: ProviderRefusal = "input_rejected") {
  const asked: number[] = [];
  const paid: number[] = [];
  const booked: number[] = [];
  const embedder: Embedder = {
    provider: "p",
    model: "m",
    limits: { texts: 1, tokens: 8192, tokensOfText: 8192 },
    embed: ([text]) => {
      asked.push(countTokens(text!));
      if (asked.at(-1)! > maxTokens) throw new ProviderError("no", { refusal });
      return Promise.resolve({ vectors: [[1]], tokens: asked.at(-1)! });
    },
  };
  const lease: Lease = {
    signal: new AbortController().signal,
    setProgress: () => {},
    addUsage: ({ input_tokens }) => booked.push(input_tokens),
    usage: () => [],
    leave: () => Promise.resolve(),
    clearUsage: () => {},
  };
  const takeCall = (tokens: number) => Promise.resolve(void paid.push(tokens));
  const vector = await embedPointer({ text, tokenCount: countTokens(text) }, {
    embedder,
    takeCall,
    lease,
  });
  return { vector, asked, paid, booked };
}

describe("embedPointer", () => {
  test("asks once where the model takes the text, and books it", async () => {
    const { vector, asked, paid, booked } = await embed(8192);

    expect(vector).toEqual([1]);
    expect(asked).toHaveLength(1);
    expect(paid).toEqual([]);
    expect(booked).toEqual(asked);
  });

  test("asks a server that takes less with less, and pays for each further call", async () => {
    const { vector, asked, paid } = await embed(512);

    expect(vector).toEqual([1]);
    expect(asked.at(-1)).toBeLessThanOrEqual(512);
    expect(paid).toEqual(asked.slice(1));
  });

  test("gives up a text that is refused however short it is", async () => {
    const { vector, asked } = await embed(0);

    expect(vector).toBeNull();
    expect(asked.length).toBeLessThan(6);
  });

  test("leaves every other refusal to the job", async () => {
    for (const refusal of ["transient", "rate_limited", "unauthorized", "permanent"] as const) {
      await expect(embed(0, refusal)).rejects.toMatchObject({ refusal });
    }
  });
});
