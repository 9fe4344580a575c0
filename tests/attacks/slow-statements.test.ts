import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDatabase } from "../../local/database/open-database.ts";
import { addConversation } from "../support/conversations.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { callFiles } from "../support/training-files.ts";
import { until } from "../support/until.ts";
import { adminOf, callFunction, createUser, type User } from "../support/user.ts";
import { expectError } from "../http/support/expect-error.ts";

let own: OwnStack;
let user: User;

beforeAll(async () => {
  own = await startOwnStack({ cron: false, ownDatabase: true });
  user = await createUser(own.address);
  if (own.databaseUrl) await limitStatements(own.databaseUrl);
});
afterAll(() => own[Symbol.asyncDispose]());

/** Gives the stack new connections, on which a statement may take a second. */
async function limitStatements(url: string): Promise<void> {
  const database = await openDatabase({ url });
  await database.exec(`
    alter database ${new URL(url).pathname.slice(1)} set statement_timeout = '1s';
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid();
  `);
  await database.close();
  await until("the stack is connected again", async () => {
    const [limit] = await own.stack.database.query("show statement_timeout").catch(() => []);
    return limit?.statement_timeout === "1s";
  });
}

/** On PGlite nobody can interrupt a statement: there its end is played. */
const takeTooLong = () =>
  own.databaseUrl
    ? "perform pg_sleep(20)"
    : "raise exception using errcode = '57014', message = 'canceling statement due to statement timeout'";

/** Lets every insert into a table take longer than a statement may. */
async function slowInserts(table: string): Promise<AsyncDisposable> {
  const { database } = own.stack;
  await database.exec(`
    create function private.tg_any__time_out() returns trigger language plpgsql as $$
    begin
      ${takeTooLong()};
      return null;
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
