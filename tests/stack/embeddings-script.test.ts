import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { startScript } from "../support/run-script.ts";
import { trainToEnd } from "../support/training.ts";
import { until } from "../support/until.ts";
import { addDocument, callFunction, createUser, type User } from "../support/user.ts";

vi.setConfig({ testTimeout: 60_000 });

let own: OwnStack;
let user: User;
let documentId: string;

beforeAll(async () => {
  own = await startOwnStack({ cron: true, env: { JOB_TICK_SECONDS: "1" } });
  user = await createUser(own.address);
  documentId = await addDocument(user, "One passage.");
  await trainToEnd(user, documentId);
});
afterAll(() => own[Symbol.asyncDispose]());

async function run(...args: string[]) {
  await using script = startScript("embeddings", args, { stack: own.address });
  return await script.ended;
}

async function runJson(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await run(...args, "--json");
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const status = () => runJson("status");

describe("npm run embeddings", () => {
  test("switches what an organisation is searched with", async () => {
    expect(await status()).toEqual({
      models: [{
        embedding_model: "scripted",
        next_embedding_model: null,
        organization_count: 1,
      }],
      switches: [],
      failures: [],
    });

    expect(await runJson("switch", "--model", "better", "--org", user.orgId))
      .toEqual({ switching: 1 });
    await until("the switch", async () => {
      const { models } = await status() as { models: { embedding_model: string }[] };
      return models.length === 1 && models[0]!.embedding_model === "better";
    });
    const found = await callFunction("search", { user, body: { query: "passage" } });

    expect(found.status).toBe(200);
    expect(found.body.matches).toHaveLength(1);
    expect(own.provider.calls.at(-1)).toMatchObject({ model: "better", texts: ["passage"] });
  });

  test("shows what holds a switch up, and calls it off", async () => {
    // There is no key for it.
    await runJson("switch", "--model", "voyage-3.5");
    const seen = await until("the failure", async () => {
      const seen = await status();
      return (seen.failures as unknown[]).length > 0 && seen;
    });
    const { code, stdout } = await run("status");

    expect(seen).toMatchObject({
      switches: [{
        org_id: user.orgId,
        embedding_model: "better",
        next_embedding_model: "voyage-3.5",
        document_count: 1,
        ready_count: 0,
        failed_count: 1,
      }],
      failures: [{
        org_id: user.orgId,
        vault_document_id: documentId,
        code: "PROVIDER_FAILED",
        message: "there is no key for the embedding model voyage-3.5: set VOYAGE_API_KEY",
      }],
    });
    expect(code).toBe(0);
    expect(stdout).toContain("set VOYAGE_API_KEY");
    expect(await runJson("cancel")).toEqual({ cancelled: 1 });
    expect(await status()).toMatchObject({ switches: [], failures: [] });
  });

  test.each([
    [[], /Which command/],
    [["swap"], /no command swap/],
    [["switch"], /needs --model/],
    [["status", "--model", "m"], /does not take --model/],
    [["status", "all"], /no argument/],
    [["--nope"], /nope/],
    [["status", "--url", "nowhere"], /--url is not a URL/],
  ])("ends with 2 and its usage for %j", async (args, message) => {
    const { code, stderr } = await run(...args);

    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).toContain("Usage:");
  });

  test("ends with 1 for an organisation that is not there", async () => {
    const { code, stderr } = await run(
      "switch",
      "--model",
      "m",
      "--org",
      crypto.randomUUID(),
    );

    expect([code, stderr.trim()]).toEqual([1, "There is no such organisation"]);
  });
});
