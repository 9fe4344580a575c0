import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, type Persona } from "../support/test-database.ts";
import { createCast } from "../database/support/cast.ts";
import {
  beginChange,
  beginFile,
  createConversation,
  createPublished,
  enrich,
  patchFile,
  publish,
  readFile,
  stalenessOf,
} from "../database/support/training-files.ts";
import { times, untilBlocked } from "./support/concurrency.ts";
import { pauseMidway } from "./support/pause-midway.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
const editor = cast.editor as { userId: string };
const conversations = await times(4, () => createConversation(db, cast.orgId, editor));

/** The code that a request was refused with, or `ok`. */
const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(() => "ok", (error) => {
    try {
      return JSON.parse(error.message).code;
    } catch {
      throw error;
    }
  });

const expire = (versionId: string) =>
  db.query(
    "update public.training_file_versions set build_until = now() - interval '1 second' where id = $1",
    [versionId],
  );

const remove = (persona: Persona, fileId: string) =>
  db.as(persona, (client) => client.query("select public.delete_training_file($1)", [fileId]));

describe("two creations at once", () => {
  test("with one name make one file", async () => {
    for (let round = 0; round < 10; round++) {
      const name = `File ${crypto.randomUUID()}`;

      const outcomes = await times(
        4,
        () => outcome(beginFile(db, cast.editor, cast.orgId, conversations, { name })),
      );

      expect(outcomes.sort()).toEqual(["NAME_TAKEN", "NAME_TAKEN", "NAME_TAKEN", "ok"]);
    }
  });

  test("with one Idempotency-Key make one file", async () => {
    for (let round = 0; round < 10; round++) {
      const name = `File ${crypto.randomUUID()}`;

      const begun = await times(
        4,
        () => beginFile(db, cast.editor, cast.orgId, conversations, { name, key: name }),
      );

      expect(begun.filter(({ is_new }) => is_new)).toHaveLength(1);
      expect(new Set(begun.map(({ file_id }) => file_id)).size).toBe(1);
    }
  });

  test("of the same conversations in other orders do not deadlock", async () => {
    for (let round = 0; round < 10; round++) {
      const outcomes = await times(4, (index) => {
        const order = index % 2 === 0 ? conversations : conversations.toReversed();
        return outcome(beginFile(db, cast.editor, cast.orgId, order));
      });

      expect(outcomes).toEqual(["ok", "ok", "ok", "ok"]);
    }
  });
});

describe("a lost first build", () => {
  test("gives its name to one of those who want it at once", async () => {
    for (let round = 0; round < 10; round++) {
      const name = `File ${crypto.randomUUID()}`;
      const lost = await beginFile(db, cast.editor, cast.orgId, conversations, { name });
      await expire(lost.version_id);

      const outcomes = await times(
        4,
        () => outcome(beginFile(db, cast.editor, cast.orgId, conversations, { name })),
      );

      expect(outcomes.sort()).toEqual(["NAME_TAKEN", "NAME_TAKEN", "NAME_TAKEN", "ok"]);
      expect(await readFile(db, lost.file_id)).toBeUndefined();
    }
  });

  test("and a repeat of its request, a change of it and the sweep at once do not deadlock", async () => {
    for (let round = 0; round < 10; round++) {
      const key = crypto.randomUUID();
      const lost = await beginFile(db, cast.editor, cast.orgId, conversations.slice(0, 2), {
        name: key,
        key,
      });
      await expire(lost.version_id);

      const [repeated, changed, swept] = await Promise.all([
        outcome(
          beginFile(db, cast.editor, cast.orgId, conversations.slice(0, 2), { name: key, key }),
        ),
        outcome(beginChange(db, cast.editor, "add", lost.file_id, conversations.slice(2))),
        outcome(db.query("select private.enqueue_storage_sweep()")),
      ]);

      expect(swept).toBe("ok");
      expect(["ok", "NAME_TAKEN"]).toContain(repeated);
      expect(["ok", "TRAINING_FILE_NOT_FOUND"]).toContain(changed);
    }
  });
});

describe("two changes at once", () => {
  test("of one file: one begins, the others are told that it is busy", async () => {
    for (let round = 0; round < 10; round++) {
      const id = await createPublished(db, cast.editor, cast.orgId, [conversations[0]!]);

      const outcomes = await times(
        3,
        (index) => outcome(beginChange(db, cast.editor, "add", id, [conversations[index + 1]!])),
      );

      expect(outcomes.sort()).toEqual(["TRAINING_FILE_BUSY", "TRAINING_FILE_BUSY", "ok"]);
      expect(await readFile(db, id)).toMatchObject({ version: 1, building: 1 });
    }
  });

  test("lose no conversation when each tries until it is in", async () => {
    const id = await createPublished(db, cast.editor, cast.orgId, [conversations[0]!]);

    await times(3, async (index) => {
      for (let attempt = 0; attempt < 200; attempt++) {
        try {
          await publish(
            db,
            await beginChange(db, cast.editor, "add", id, [conversations[index + 1]!]),
          );
          return;
        } catch (error) {
          expect(String(error)).toContain("TRAINING_FILE_BUSY");
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }
      throw new Error("never got in");
    });

    const file = await readFile(db, id);
    expect(file).toMatchObject({ version: 4, conversation_count: 4, building: 0 });
    expect(new Set(file!.members)).toEqual(new Set(conversations));
  });

  test("one of which deletes the file end without it", async () => {
    for (let round = 0; round < 20; round++) {
      const id = await createPublished(db, cast.editor, cast.orgId, [conversations[0]!]);

      const [added, deleted] = await Promise.all([
        outcome(beginChange(db, cast.editor, "add", id, [conversations[1]!])),
        outcome(remove(cast.admin, id)),
      ]);

      expect(["ok", "TRAINING_FILE_NOT_FOUND"]).toContain(added);
      expect(deleted).toBe("ok");
      expect(await readFile(db, id)).toBeUndefined();
      const left = await db.query(
        "select from public.training_file_versions where training_file_id = $1",
        [id],
      );
      expect(left).toEqual([]);
    }
  });
});

describe("a publication", () => {
  test("and a cancellation at once end in one outcome", async () => {
    for (let round = 0; round < 20; round++) {
      const id = await createPublished(db, cast.editor, cast.orgId, [conversations[0]!]);
      const begun = await beginChange(db, cast.editor, "add", id, [conversations[1]!]);

      const outcomes = await Promise.all([
        outcome(publish(db, begun)),
        outcome(
          db.as(
            cast.editor,
            (client) => client.query("select public.cancel_training_file_build($1)", [id]),
          ),
        ),
      ]);

      const file = await readFile(db, id);
      expect(file!.building).toBe(0);
      if (file!.version === 2) expect(outcomes).toEqual(["ok", "BUILD_NOT_CANCELLABLE"]);
      else expect(outcomes).toEqual(["BUILD_LOST", "ok"]);
      expect(file!.members).toHaveLength(file!.version);
    }
  });

  test("and the sweep of lost builds at once do not deadlock", async () => {
    for (let round = 0; round < 20; round++) {
      const id = await createPublished(db, cast.editor, cast.orgId, [conversations[0]!]);
      const begun = await beginChange(db, cast.editor, "add", id, [conversations[1]!]);
      await expire(begun.version_id);

      const [published, swept] = await Promise.all([
        outcome(publish(db, begun)),
        outcome(db.query("select private.enqueue_storage_sweep()")),
      ]);

      expect(swept).toBe("ok");
      expect(["ok", "BUILD_LOST"]).toContain(published);
      const file = await readFile(db, id);
      expect(file!.version).toBe(published === "ok" ? 2 : 1);
    }
  });

  test("waits for a change of name, and both are kept", async () => {
    const id = await createPublished(db, cast.editor, cast.orgId, [conversations[0]!]);
    const begun = await beginChange(db, cast.editor, "add", id, [conversations[1]!]);
    const name = `Renamed ${id}`;

    const endRename = await pauseMidway(
      (work) => db.as(cast.editor, work),
      async (client, pause) => {
        await client.query("select public.update_training_file($1, $2)", [
          id,
          JSON.stringify({ name }),
        ]);
        await pause();
      },
    );
    const published = publish(db, begun);
    await untilBlocked(db, "complete_training_file_build");

    await endRename();
    await published;
    expect(await readFile(db, id)).toMatchObject({ version: 2, conversation_count: 2 });
    const rows = await db.query("select name from public.training_files where id = $1", [id]);
    expect(rows).toEqual([{ name }]);
  });
});

describe("a conversation that is enriched again at the moment of a publication", () => {
  const begin = async () => {
    const added = await createConversation(db, cast.orgId, editor);
    const id = await createPublished(db, cast.editor, cast.orgId, [conversations[0]!]);
    await patchFile(db, cast.editor, id, { stale_policy: "rebuild" });
    return { id, added, begun: await beginChange(db, cast.editor, "add", id, [added]) };
  };

  test("before it has the file stale, and the publication does not wait", async () => {
    const { id, added, begun } = await begin();
    const endEnrichment = await pauseMidway(
      (work) => db.as(cast.editor, work),
      async (client, pause) => {
        await client.query(
          "update public.conversations set enrichment_status = 'completed' where conversation_id = $1",
          [added],
        );
        await pause();
      },
    );

    await publish(db, begun);

    await endEnrichment();
    expect(await stalenessOf(db, id)).toEqual({ version: 2, stale: true, rebuilds: 1 });
  });

  test("after it waits for its end, and then has the file stale", async () => {
    const { id, added, begun } = await begin();
    const endPublication = await pauseMidway<void>(
      (work) => publish(db, begun, work),
      (_, pause) => pause(),
    );

    const enriched = enrich(db, cast.editor, added);
    await untilBlocked(db, "update public.conversations");
    await endPublication();

    await enriched;
    expect(await stalenessOf(db, id)).toEqual({ version: 2, stale: true, rebuilds: 1 });
  });

  test("does not deadlock with it, nor with a change of the file", async () => {
    for (let round = 0; round < 20; round++) {
      const { id, added, begun } = await begin();

      await Promise.all([
        publish(db, begun),
        enrich(db, cast.editor, added),
        enrich(db, cast.editor, conversations[0]!),
        patchFile(db, cast.editor, id, { stale_policy: "rebuild" }),
      ]);

      expect(await stalenessOf(db, id)).toMatchObject({ version: 2, rebuilds: 1 });
    }
  });
});
