import { describe, expect, test, vi } from "vitest";
import { startScript } from "../support/run-script.ts";

vi.setConfig({ testTimeout: 600_000 });

interface Row {
  name: string;
  ndcg_at_10: number;
  recall_at_10: number;
  recall_at_100: number;
  mrr: number;
}

const databaseUrl = Deno.env.get("DATABASE_URL");
const database = databaseUrl ? ["--db", databaseUrl] : [];

async function evaluate(args: string[]) {
  await using script = startScript("eval", args);
  return await script.ended;
}

describe("npm run eval -- retrieval", () => {
  test("finds what the questions of samples/retrieval ask for, within its bars", async () => {
    const { code, stdout, stderr } = await evaluate([
      "retrieval",
      "--dir",
      "samples/retrieval",
      "--variant",
      "lead_power=0,meaning_weight=0,words_weight=1",
      "--json",
      ...database,
    ]);

    expect(stdout.trimEnd().split("\n"), stderr).toHaveLength(1);
    const { set, environment, rows, bars } = JSON.parse(stdout);
    expect(set).toMatchObject({ documents: 60, chunks: 60, queries: 80, not_trained: 0 });
    expect(environment.database).toBe(databaseUrl ? "postgres" : "pglite");
    const of = (name: string): Row => rows.find((row: Row) => row.name === name);
    const [text, vector, hybrid] = [of("text"), of("vector"), of("hybrid")];
    expect(text.ndcg_at_10).toBeGreaterThanOrEqual(of("BM25 in SQL").ndcg_at_10 - 0.01);
    expect(hybrid.ndcg_at_10).toBeGreaterThan(Math.max(text.ndcg_at_10, vector.ndcg_at_10));
    expect(hybrid.ndcg_at_10).toBeGreaterThan(of("hybrid_search of the guide").ndcg_at_10);
    // Without the weight of meaning, what words find comes first.
    const words = of("hybrid, lead_power=0,meaning_weight=0,words_weight=1");
    expect(words.mrr).toBeGreaterThanOrEqual(text.mrr);
    expect(words.ndcg_at_10).toBeLessThan(hybrid.ndcg_at_10);
    // Every document of 60 is among the best 100 by meaning: no page has been lost.
    expect(vector.recall_at_100).toBe(1);
    expect(bars.every(({ ok }: { ok: boolean }) => ok)).toBe(true);
    expect(code).toBe(0);
  });

  test.each([
    [["retrieval", "--dir", "/nowhere"], "/nowhere/docs.jsonl cannot be read"],
    [["retrieval"], "--dir"],
    [["--dir", "samples/retrieval"], "Which evaluation"],
    [["retrieval", "--dir", "samples/retrieval", "--limit", "0"], "--limit"],
    [["retrieval", "--dir", "samples/retrieval", "--depth", "3"], "--depth"],
    [["retrieval", "--dir", "samples/retrieval", "--variant", "depth"], "list of settings"],
  ])("with %j says what is wrong, and how it is used", async (args, message) => {
    const { code, stdout, stderr } = await evaluate(args);

    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    expect(stderr).toContain("Usage: npm run eval");
  });
});
