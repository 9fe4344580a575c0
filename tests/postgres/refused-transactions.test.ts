import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { expectError } from "../http/support/expect-error.ts";
import { train, waitForJob } from "../support/training.ts";
import { addCrop, createDrawing, waitForCrop } from "../support/crops.ts";
import { addDocument, callFunction, type User } from "../support/user.ts";
import type { VisionServer } from "../support/vision-server.ts";
import { startVisionStack, type VisionStack } from "../support/vision-stack.ts";
import { endPauses, repeat, storedContents } from "../faults/support/worker-stack.ts";

vi.setConfig({ testTimeout: 60_000 });

let own: VisionStack;
let vision: VisionServer;
let user: User;

beforeAll(async () => {
  own = await startVisionStack({ ownDatabase: true });
  ({ vision, user } = own);
  // Rolled back with the statement that it fails, a sequence is not: it remembers how often.
  await own.stack.database.exec("create sequence private.refusals");
});
afterAll(() => own?.[Symbol.asyncDispose]());
afterEach(() => own.stack.database.exec("drop function if exists private.refuse() cascade"));

/** Has the database refuse the first rows that come to a table, as it does by itself. */
async function refuse(
  table: string,
  { sqlState, message }: { sqlState: string; message: string },
  times: number,
): Promise<void> {
  await own.stack.database.exec(`
    alter sequence private.refusals restart;
    create function private.refuse() returns trigger language plpgsql security definer as $$
    begin
      if nextval('private.refusals') <= ${times} then
        raise sqlstate '${sqlState}' using message = '${message}';
      end if;
      return new;
    end $$;
    grant execute on function private.refuse() to public;
    create trigger refuse before insert on ${table} for each row execute function private.refuse();
  `);
}

const deadlock = { sqlState: "40P01", message: "deadlock detected" };
const passing = [
  ["a deadlock", deadlock],
  ["a serialization failure", {
    sqlState: "40001",
    message: "could not serialize access due to concurrent update",
  }],
  ["a lock timeout", {
    sqlState: "55P03",
    message: "canceling statement due to lock timeout",
  }],
] as const;

describe("a transaction that the database refuses for", () => {
  test.each(passing)("%s, when a document is complete, is repeated whole", async (_, refusal) => {
    const documentId = await addDocument(user, "One passage.");
    own.provider.calls.length = 0;
    await refuse("private.job_history", refusal, 2);

    const { id } = await train(user, documentId);
    using _pauses = repeat(() => endPauses(own), 100);
    const done = await waitForJob(user, id, "completed");

    expect(done).toMatchObject({ attempts: 3, error_message: null });
    expect(await storedContents(own, documentId)).toEqual(["One passage."]);
    const booked = await own.stack.database.query(
      "select is_wasted from public.usage_events where subject_id = $1 order by id",
      [documentId],
    );
    // The later attempts have the vector of the first.
    expect(booked).toEqual([{ is_wasted: true }]);
    expect(own.provider.calls).toHaveLength(1);
  });

  test("a deadlock, when a crop is complete, is repeated without another reading", async () => {
    const drawing = await createDrawing(user);
    vision.calls.length = 0;
    await refuse("private.job_history", deadlock, 2);

    const id = await addCrop(user, drawing);
    using _ = repeat(() => endPauses(own), 100);
    const crop = await waitForCrop(user, id);

    expect(crop).toMatchObject({ enrichment_status: "complete", embedding_model: "scripted" });
    expect(vision.calls).toHaveLength(1);
  });

  test.each(passing)(
    "%s, in a request, does nothing and says when to come back",
    async (_, refusal) => {
      const documentId = await addDocument(user, "One passage.");
      await refuse("private.jobs", refusal, 1);
      const body = { orgId: user.orgId, vaultDocumentId: documentId };

      const refused = await callFunction("training-library/train-for-doc", { user, body });
      const { data } = await user.client.from("mono_training_jobs").select("id")
        .eq("vault_document_id", documentId);
      const again = await callFunction("training-library/train-for-doc", { user, body });

      expectError(refused, 503, "DATABASE_UNAVAILABLE");
      expect(refused.headers.get("retry-after")).toBe("5");
      expect(refused.text).not.toContain(refusal.message);
      expect(data).toEqual([]);
      expect(again.status).toBe(202);
    },
  );
});
