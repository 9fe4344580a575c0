import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type EmbeddingServer, startEmbeddingServer } from "../support/embedding-server.ts";
import { startProviderServer } from "../support/provider-server.ts";
import { trainToEnd } from "../support/training.ts";
import { addDocument, callFunction, createUser } from "../support/user.ts";
import { startProcess } from "./support/stack-process.ts";

vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let provider: EmbeddingServer;

beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "maestro-test-" });
  provider = startEmbeddingServer();
});
afterAll(async () => {
  provider[Symbol.dispose]();
  await Deno.remove(folder, { recursive: true });
});

async function startWith(...lines: string[]) {
  await Deno.writeTextFile(`${folder}/.env`, lines.join("\n"));
  return startProcess(["--port", "0", "--memory", "--json"], { cwd: folder });
}

describe(".env", () => {
  test("reaches the functions, and names without a value leave the defaults", async () => {
    await using stack = await startWith(
      "# what a copied .env.example has",
      "PROJECT_URL=",
      "CRON_SECRET_KEY=",
      "EMBEDDING_API_KEY=",
      "JOB_TIME_BUDGET_MS=",
      "JOB_TICK_SECONDS=",
      `EMBEDDING_BASE_URL="${provider.url}"`,
      "EMBEDDING_MODEL=of-my-own",
    );
    const user = await createUser((await stack.ready).address);

    await trainToEnd(user, await addDocument(user, "One passage."));
    const found = await callFunction("search", { user, body: { query: "passage" } });

    expect(found.status).toBe(200);
    expect(provider.calls.map(({ model }) => model)).toEqual(["of-my-own", "of-my-own"]);
    expect(provider.calls[1]!.texts).toEqual(["passage"]);
  });

  test("names another provider, which then has nothing of the local models", async () => {
    using voyage = startProviderServer();
    voyage.answer = ({ body }) =>
      Response.json({
        data: (body.input as string[]).map((_, index) => ({ index, embedding: [1] })),
      });
    await using stack = await startWith(
      "EMBEDDING_PROVIDER=voyage",
      "EMBEDDING_API_KEY=k",
      `EMBEDDING_BASE_URL=${voyage.url}`,
    );
    const user = await createUser((await stack.ready).address);

    await trainToEnd(user, await addDocument(user, "One passage."));

    expect(voyage.calls.map(({ path, body }) => [path, body.model])).toEqual([
      ["/embeddings", "voyage-3.5"],
    ]);
  });

  test.each([
    ["JOB_TICK_SECONDS=99", /JOB_TICK_SECONDS must be 1 to 59/],
    ["EMBEDDING_BASE_URL=nowhere", /EMBEDDING_BASE_URL/],
  ])("ends the start with the name of what is wrong: %s", async (line, name) => {
    await using stack = await startWith(line);

    const { code, stdout, stderr } = await stack.ended;

    expect(code).toBe(1);
    expect(stderr).toMatch(name);
    expect(stdout).toBe("");
  });
});
