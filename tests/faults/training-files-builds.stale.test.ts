import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  addConversation,
  enrichedConversation,
  uploadConversation,
} from "../support/conversations.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import {
  callFiles,
  change,
  createFile,
  fileOf,
  type TrainingFile,
} from "../support/training-files.ts";
import { until } from "../support/until.ts";
import { createUser, type User } from "../support/user.ts";
import { getBuild, work } from "./support/file-builds.ts";
import { expectSweptAgreement } from "./support/storage-agreement.ts";

let own: OwnStack;
let user: User;
let other: string;

beforeAll(async () => {
  own = await startOwnStack({ cron: false });
  user = await createUser(own.address);
  other = await addConversation(user, { pairs: 1 });
});
afterAll(() => own[Symbol.asyncDispose]());

const query = (statement: string, parameters: unknown[] = []) =>
  own.stack.database.query(statement, parameters);

describe("a conversation that is enriched again", () => {
  let id: string;
  let file: TrainingFile;

  beforeEach(async () => {
    await query("delete from private.jobs");
    id = await addConversation(user, { pairs: 2 });
    file = await createFile(user, [id]);
  });

  async function setPolicy(stale_policy: string) {
    fileOf(
      await callFiles(user, `/${file.id}`, { method: "PATCH", body: { stale_policy } }),
      200,
    );
  }

  async function enrichAgain(pairs = 3) {
    await uploadConversation(user, id, enrichedConversation({ pairs }));
    const { error } = await user.client.from("conversations")
      .update({ enrichment_status: "completed" }).eq("conversation_id", id);
    expect(error).toBeNull();
  }

  const now = async () => fileOf(await callFiles(user, `/${file.id}`), 200);
  const jobs = () => query("select from private.jobs where kind = 'rebuild_training_file'");

  test("makes its file stale, and the next version fresh", async () => {
    await enrichAgain();

    expect(await now()).toMatchObject({ version: 1, stale: true, total_training_pairs: 2 });
    expect(await jobs()).toHaveLength(0);
    const added = fileOf(await change(user, file.id, "add", [other]), 200);
    expect(added).toMatchObject({ version: 2, stale: false, total_training_pairs: 4 });
    const { body } = await callFiles(user, `/${file.id}/versions/1/diff/2`);
    expect(body.diff).toMatchObject({
      added: [other],
      changed: [{ conversation_id: id, pairs_delta: 1 }],
    });
  });

  test("makes its file stale when it begins, and has nothing rebuilt before it ends", async () => {
    await setPolicy("rebuild");

    await user.client.from("conversations").update({ enrichment_status: "enrichment_in_progress" })
      .eq("conversation_id", id);

    expect(await now()).toMatchObject({ version: 1, stale: true });
    expect(await jobs()).toHaveLength(0);
  });

  test("does nothing to a file that ignores it", async () => {
    await setPolicy("ignore");

    await enrichAgain();

    expect(await now()).toMatchObject({ version: 1, stale: false });
    expect(await jobs()).toHaveLength(0);
  });

  test("has its file rebuilt after a quiet minute, once for many changes", async () => {
    await setPolicy("rebuild");
    await enrichAgain(3);
    await enrichAgain(4);
    expect(await work(own)).toMatchObject({ claimed: 0 });

    expect(await jobs()).toHaveLength(1);
    await query("update private.jobs set visible_at = now() - interval '1 second'");
    await until("the version", async () => (await work(own)).remaining === 0);

    expect(await now()).toMatchObject({ version: 2, stale: false, total_training_pairs: 4 });
    const { body } = await callFiles(user, `/${file.id}/versions`);
    expect(body.versions).toMatchObject([{ version: 2, change: "rebuilt" }, { version: 1 }]);
    await expectSweptAgreement(own);
  });

  test("has its file rebuilt after another build, however long that takes", async () => {
    await setPolicy("rebuild");
    const { data: begun } = await user.client.rpc("add_training_file_conversations", {
      p_training_file_id: file.id,
      p_conversation_ids: [other],
    }).single().throwOnError();
    await enrichAgain();

    for (const _attempt of Array.from({ length: 6 })) {
      await query("update private.jobs set visible_at = now() - interval '1 second'");
      expect(await work(own)).toMatchObject({ claimed: 1, retried: 1, failed: 0 });
    }
    await query("select private.fail_training_file_build($1, $2, '{}')", [
      begun.version_id,
      begun.build_token,
    ]);
    await query("update private.jobs set visible_at = now() - interval '1 second'");
    await until("the version", async () => (await work(own)).remaining === 0);

    expect(await now()).toMatchObject({ version: 3, stale: false, total_training_pairs: 3 });
    await expectSweptAgreement(own);
  });

  test("whose new content is broken leaves the file stale, with the old version", async () => {
    await setPolicy("rebuild");
    await uploadConversation(user, id, "broken");
    await user.client.from("conversations").update({ enrichment_status: "completed" })
      .eq("conversation_id", id);

    await query("update private.jobs set visible_at = now() - interval '1 second'");
    await until("the end", async () => (await work(own)).remaining === 0);

    expect(await now()).toMatchObject({ version: 1, stale: true });
    expect(await getBuild(user, file.id)).toMatchObject({
      state: "failed",
      error: { code: "CONVERSATION_INVALID" },
    });
    await expectSweptAgreement(own);
  });

  test("does not disturb a file that was deleted meanwhile", async () => {
    await setPolicy("rebuild");
    await enrichAgain();

    const { status } = await callFiles(user, `/${file.id}`, { method: "DELETE" });

    expect(status).toBe(204);
    expect(await jobs()).toHaveLength(0);
  });
});
