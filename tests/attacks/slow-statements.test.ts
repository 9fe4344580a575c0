import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addConversation } from "../support/conversations.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { callFiles } from "../support/training-files.ts";
import { adminOf, callFunction, createUser, type User } from "../support/user.ts";
import { expectError } from "../http/support/expect-error.ts";

let own: OwnStack;
let user: User;

beforeAll(async () => {
  own = await startOwnStack({ cron: false, ownDatabase: true });
  user = await createUser(own.address);
});
afterAll(() => own[Symbol.asyncDispose]());

/** Lets every insert into a table end as a statement does that takes longer than it may. */
async function slowInserts(table: string): Promise<AsyncDisposable> {
  const { database } = own.stack;
  await database.exec(`
    create function private.tg_any__time_out() returns trigger language plpgsql as $$
    begin
      raise exception using errcode = '57014', message = 'canceling statement due to statement timeout';
    end $$;
    create trigger _900_time_out after insert on ${table}
      for each statement execute function private.tg_any__time_out();
  `);
  return {
    [Symbol.asyncDispose]: () =>
      database.exec(
        `drop trigger _900_time_out on ${table}; drop function private.tg_any__time_out()`,
      ),
  };
}

describe("a statement that takes longer than it may", () => {
  test("fails a creation with a code of ours, and leaves nothing of it", async () => {
    const body = { name: "Slow", conversation_ids: [await addConversation(user)] };
    {
      await using _ = await slowInserts("public.training_file_versions");

      expectError(await callFiles(user, "", { body }), 504, "DATABASE_TIMEOUT");
    }

    const { data } = await adminOf(own.address).from("training_files").select("id");
    expect(data).toEqual([]);
    expect((await callFiles(user, "", { body })).status).toBe(201);
  });

  test("fails a search with a code of ours, and counts nothing", async () => {
    const search = () => callFunction("search", { user, body: { query: "roof", mode: "text" } });
    {
      await using _ = await slowInserts("private.minute_counts");

      expectError(await search(), 504, "DATABASE_TIMEOUT");
    }

    expect((await search()).status).toBe(200);
  });
});
