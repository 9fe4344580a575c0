import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { callWorker } from "../support/call-worker.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { adminOf, callFunction, type User } from "../support/user.ts";
import { rest } from "../http/support/rest.ts";
import { createTeam, createThings, type Team } from "./support/team.ts";

// The whole content of a database is read here.
vi.setConfig({ testTimeout: 60_000 });

const providerKey = "sk-marker-of-the-provider";
let own: OwnStack;
let team: Team;
let token: string;
let schemas: { name: string; schema: string }[];

beforeAll(async () => {
  own = await startOwnStack({
    cron: false,
    ownDatabase: true,
    env: { EMBEDDING_API_KEY: providerKey, PASS2_API_KEY: providerKey },
  });
  team = await createTeam(own.address);
  const { documentId } = await createThings(team.owner);
  const invited = await team.owner.client
    .rpc("invite_member", {
      org_id: team.owner.orgId,
      email: "friend@example.test",
      role: "viewer",
    })
    .single().throwOnError();
  token = invited.data.token;
  // It fails, and what it failed with is kept where members and operators see it.
  own.provider.answer = () => new Response(`no such key: ${providerKey}`, { status: 500 });
  await callWorker(own.address, { max_jobs: 1, kinds: ["train_document"] });
  const { data } = await adminOf(own.address).from("mono_training_jobs").select("error_message")
    .eq("vault_document_id", documentId).single().throwOnError();
  if (!data.error_message) throw new Error("the training did not fail");
  await own.stack.database.query("select private.tick_jobs()");
  schemas = await own.stack.database.query(
    `select relation.relname as name, schema.nspname as schema
     from pg_class as relation
     join pg_namespace as schema on schema.oid = relation.relnamespace
     where schema.nspname in ('public', 'private', 'cron', 'supabase_migrations')
       and relation.relkind in ('r', 'm', 'v', 'p')
     order by 1`,
  );
});
afterAll(() => own[Symbol.asyncDispose]());

const markers = () => ({
  "the cron key": own.address.cronKey,
  "the secret key": own.address.secretKey,
  "the provider's key": providerKey,
  "the token of an invitation": token,
  "the inner secret": new TextDecoder().decode(own.stack.keys.sharedSecret),
});

/** Which of the secrets are in a text. */
function secretsIn(text: string): string[] {
  return Object.entries(markers()).filter(([, marker]) => text.includes(marker))
    .map(([name]) => name);
}

describe("a secret", () => {
  test("is found by this test where it is kept, and in what its owner was told", async () => {
    await own.stack.database.query("update vault.secrets set secret = $1 where name = $2", [
      own.address.cronKey,
      "cron_secret_key",
    ]);
    const [vault] = await own.stack.database.query<{ text: string }>(
      "select string_agg(secret::text, ' ') as text from vault.decrypted_secrets as secret",
    );

    expect(secretsIn(vault!.text)).toContain("the cron key");
    expect(secretsIn(JSON.stringify({ token }))).toEqual(["the token of an invitation"]);
  });

  test("is in no table of ours, of cron or of the migrations", async () => {
    const found: string[] = [];
    for (const { schema, name } of schemas) {
      for (const [secret, marker] of Object.entries(markers())) {
        const [row] = await own.stack.database.query<{ count: number }>(
          `select count(*)::integer as count from ${schema}."${name}" as item
           where strpos(item::text, $1) > 0`,
          [marker],
        );
        if (row!.count > 0) found.push(`${secret} in ${schema}.${name}`);
      }
    }

    expect(schemas.length).toBeGreaterThan(50);
    expect(found).toEqual([]);
  });

  test("is in nothing that the API gives a member or the service role", async () => {
    const { owner } = team;
    const asService = { apikey: own.address.secretKey, authorization: null };
    const found: string[] = [];
    let seen = 0;
    for (const { name } of schemas.filter(({ schema }) => schema === "public")) {
      for (const headers of [{}, asService]) {
        const answer = await rest(owner, `${name}?select=*`, { headers });
        if (answer.status === 200) seen += (answer.body as unknown[]).length;
        found.push(...secretsIn(answer.text).map((secret) => `${secret} in ${name}`));
      }
    }

    expect(seen).toBeGreaterThan(50);
    expect(found).toEqual([]);
  });

  test.each<[string, (user: User) => Promise<{ text: string }>]>([
    ["a failed search", (user) => callFunction("search", { user, body: { query: "roof" } })],
    ["a refused search", (user) => callFunction("search", { user, body: { query: 1 } })],
    ["the list of jobs", (user) => callFunction("training-library/jobs", { user, method: "GET" })],
    ["the worker's answer", ({ stack }) => callWorker(stack, { max_jobs: 1 })],
    ["the installation's state", ({ stack }) =>
      rest(team.owner, "rpc/validate_installation", {
        method: "POST",
        headers: { apikey: stack.secretKey, authorization: null },
      })],
    ["a broken filter", (user) => rest(user, "vault_documents?select=*&title=xx.1")],
    ["a missing function", (user) => rest(user, "rpc/get_secret", { method: "POST", body: {} })],
  ])("is not in %s", async (_, call) => {
    const { text } = await call(team.owner);

    expect(text).not.toBe("");
    expect(secretsIn(text)).toEqual([]);
  });
});

describe("the schemas of the platform", () => {
  test.each([
    "vault.secrets",
    "vault.decrypted_secrets",
    "cron.job",
    "cron.job_run_details",
    "auth.users",
    "private.jobs",
    "private.job_history",
    "private.lanes",
    "private.workers",
  ])("keep %s from anon and authenticated, in SQL too", async (table) => {
    const privileges = await own.stack.database.query(
      `select role from unnest(array['anon', 'authenticated']) as role
       where has_schema_privilege(role, split_part($1, '.', 1), 'usage')
         and has_table_privilege(role, $1, 'select, insert, update, delete')`,
      [table],
    );

    expect(privileges).toEqual([]);
    await expect(own.stack.database.query(`select from ${table}`)).resolves.toBeInstanceOf(Array);
  });

  test.each([
    "vault.create_secret",
    "vault.update_secret",
    "cron.schedule",
    "cron.unschedule",
  ])("let no role of the API call %s, which could send the key elsewhere", async (name) => {
    const callers = await own.stack.database.query<{ may: boolean }>(
      `select has_schema_privilege(role, schema.oid, 'usage')
         and has_function_privilege(role, function.oid, 'execute') as may
       from unnest(array['anon', 'authenticated', 'service_role']) as role, pg_proc as function
       join pg_namespace as schema on schema.oid = function.pronamespace
       where schema.nspname || '.' || function.proname = $1`,
      [name],
    );

    expect(callers.length).toBeGreaterThanOrEqual(3);
    expect(callers.filter(({ may }) => may)).toEqual([]);
  });
});
