import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { raisedBy } from "./support/rejection.ts";
import { createConversation, createPublished } from "./support/training-files.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
const editor = cast.editor as { userId: string };
const [first, second] = [
  await createConversation(db, cast.orgId, editor),
  await createConversation(db, cast.orgId, editor),
] as const;
const fileId = await createPublished(db, cast.editor, cast.orgId, [first]);

/** What PostgREST calls for an editor who leaves the edge function out. */
const call = (statement: string, ...parameters: unknown[]) =>
  db.as(cast.editor, (client) => client.query(`select public.${statement}`, parameters));
const create = ({
  name = crypto.randomUUID() as string | null,
  ids = [first] as (string | null)[] | null,
  description = null as string | null,
  options = "{}" as string | null,
  key = null as string | null,
  hash = "hash" as string | null,
}) =>
  call(
    "create_training_file($1, $2, $3, $4, $5::text::jsonb, $6, $7)",
    name,
    ids,
    cast.orgId,
    description,
    options,
    key,
    hash,
  );
const refusal = { code: "INVALID_REQUEST", status: 400, message: "The request is not valid" };

describe("conversation_ids that no edge function has seen", () => {
  const lists: [string, (string | null)[] | null][] = [
    ["null", null],
    ["none", []],
    ["one twice", [second, second]],
    ["null among them", [second, null]],
    ["81 of them", Array.from({ length: 81 }, () => crypto.randomUUID())],
  ];

  test.each(lists)("are refused when a file is created: %s", async (_, ids) => {
    expect(await raisedBy(create({ ids }))).toMatchObject(refusal);
  });

  test.each(lists)("are refused when they are added: %s", async (_, ids) => {
    const work = call("add_training_file_conversations($1, $2)", fileId, ids);

    expect(await raisedBy(work)).toMatchObject(refusal);
  });

  test.each(lists)("are refused when they are removed: %s", async (_, ids) => {
    const work = call("remove_training_file_conversations($1, $2)", fileId, ids);

    expect(await raisedBy(work)).toMatchObject(refusal);
  });
});

describe("create_training_file", () => {
  test.each<[string, Parameters<typeof create>[0]]>([
    ["no name", { name: null }],
    ["a name of spaces", { name: "  " }],
    ["a name of 256 characters", { name: "x".repeat(256) }],
    ["a description of 2,001 characters", { description: "x".repeat(2001) }],
    ["no options", { options: null }],
    ["an unknown validation", { options: '{"validation": "none"}' }],
    ["an unknown option", { options: '{"validation": "strict", "x": 1}' }],
    ["an empty idempotency key", { key: "" }],
    ["an idempotency key of 256 characters", { key: "x".repeat(256) }],
    ["an idempotency key without a hash", { key: "key", hash: null }],
  ])("refuses %s", async (_, request) => {
    expect(await raisedBy(create(request))).toMatchObject(refusal);
  });

  test.each(["{}", '{"validation": "repair"}', '{"validation": "strict"}'])(
    "takes the options %s",
    async (options) => {
      expect(await create({ options, description: "d", key: crypto.randomUUID() })).toHaveLength(1);
    },
  );
});

describe("update_training_file", () => {
  const update = (changes: unknown) =>
    call(
      "update_training_file($1, $2::text::jsonb)",
      fileId,
      changes === undefined ? null : JSON.stringify(changes),
    );

  test.each<[string, unknown]>([
    ["a status that only a build sets", { status: "processing" }],
    ["a status of null", { status: null }],
    ["an empty name", { name: " " }],
    ["a name of null", { name: null }],
    ["a name of 256 characters", { name: "x".repeat(256) }],
    ["a description of 2,001 characters", { description: "x".repeat(2001) }],
    ["an unknown policy", { stale_policy: "sometimes" }],
    ["an unknown field", { version: 7 }],
    ["an array", ["name"]],
    ["null", undefined],
  ])("refuses %s", async (_, changes) => {
    expect(await raisedBy(update(changes))).toMatchObject(refusal);
  });

  test("takes every field that a user may change", async () => {
    const changes = { name: "New", description: null, status: "active", stale_policy: "ignore" };

    expect(await update(changes)).toHaveLength(1);
  });
});
