import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { addCrop, createDrawing, readCrop, waitForCrop } from "../support/crops.ts";
import { embed } from "../support/embedding-server.ts";
import { until } from "../support/until.ts";
import { adminOf, callFunction, type User } from "../support/user.ts";
import { startVisionStack, type VisionStack } from "../support/vision-stack.ts";

vi.setConfig({ testTimeout: 60_000 });

let own: VisionStack;
let user: User;
let id: string;

beforeAll(async () => {
  own = await startVisionStack();
  ({ user } = own);
  id = await addCrop(user, await createDrawing(user));
  await waitForCrop(user, id);
});
afterAll(() => own?.[Symbol.asyncDispose]());
afterEach(() => {
  own.provider.answer = embed;
});

async function switchTo(model: string): Promise<void> {
  await adminOf(own.address).rpc("switch_embedding_model", { p_model: model, p_org_id: user.orgId })
    .throwOnError();
}

/** What a search by vectors alone finds, and the model that embedded its question. */
async function search() {
  const { body } = await callFunction("search", {
    user,
    body: { query: "drain", mode: "vector", sources: ["pointer"] },
  });
  const found = (body.matches as { id: string }[]).map((match) => match.id);
  return { found, model: own.provider.calls.at(-1)!.model };
}

/** What cron does every minute. */
const sweep = () => own.stack.database.query("select private.sweep_jobs()");

const modelOf = async () => (await readCrop(user, id)).embedding_model;

describe("a crop, while its organisation switches to another model", () => {
  test("stays found by the present one until it can be found by the next, and is read once", async () => {
    const held = Promise.withResolvers<void>();
    own.provider.answer = async (call) => {
      if (call.model === "better" && call.texts[0] !== "drain") await held.promise;
      return embed(call);
    };
    await switchTo("better");
    await until(
      "the new vector to be asked for",
      () => own.provider.calls.some(({ model }) => model === "better"),
    );
    await sweep();
    const midway = await search();

    held.resolve();
    await until("the switch", async () => {
      await sweep();
      return await modelOf() === "better";
    });

    expect(midway).toEqual({ found: [id], model: "scripted" });
    expect(await search()).toEqual({ found: [id], model: "better" });
    expect(own.vision.calls).toHaveLength(1);
  });

  test("is not shown as failed, and pauses nothing, where the next takes no key", async () => {
    const before = await modelOf();
    own.provider.answer = (call) =>
      call.model === "worse" ? new Response(null, { status: 401 }) : embed(call);

    await switchTo("worse");
    await until("the job to die", async () => {
      const dead = await own.stack.database.query(
        "select from private.job_history where error ->> 'code' = 'EMBEDDING_SWITCH_FAILED'",
      );
      return dead.length > 0;
    });
    const paused = await own.stack.database.query(
      "select from private.lanes where paused_until > now()",
    );

    expect(await readCrop(user, id)).toMatchObject({
      enrichment_status: "complete",
      error_message: null,
      embedding_model: before,
    });
    expect(paused).toEqual([]);
    await adminOf(own.address).rpc("cancel_embedding_switches", { p_org_id: user.orgId })
      .throwOnError();
    expect((await search()).found).toEqual([id]);
  });
});
