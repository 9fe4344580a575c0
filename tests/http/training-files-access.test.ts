import { createClient } from "@supabase/supabase-js";
import { beforeAll, describe, expect, inject, test } from "vitest";
import type { Database } from "../../shared/database.types.ts";
import {
  addConversation,
  enrichedConversation,
  uploadConversation,
} from "../support/conversations.ts";
import { credentialsOf } from "../support/credentials-of.ts";
import { createMembers, type Members } from "../support/members.ts";
import {
  callFiles,
  createFile,
  fileOf,
  objectsOf,
  type TrainingFile,
} from "../support/training-files.ts";
import { callFunction, type User } from "../support/user.ts";
import { expectError } from "./support/expect-error.ts";

type Role = keyof Members;
const roles: Role[] = ["owner", "admin", "editor", "viewer", "stranger"];
let users: Members;
const braces = new TextEncoder().encode("{}");
let conversations: string[];
let file: TrainingFile;

beforeAll(async () => {
  users = await createMembers();
  conversations = [await addConversation(users.owner), await addConversation(users.owner)];
  file = await createFile(users.owner, [conversations[0]!]);
});

interface Endpoint {
  name: string;
  method: string;
  path: () => string;
  body?: () => unknown;
}

const add = () => ({ conversation_ids: [conversations[1]] });
const reads: Endpoint[] = [
  { name: "the file", method: "GET", path: () => `/${file.id}` },
  { name: "its conversations", method: "GET", path: () => `/${file.id}/conversations` },
  { name: "its versions", method: "GET", path: () => `/${file.id}/versions` },
  { name: "its report", method: "GET", path: () => `/${file.id}/versions/1/report` },
  { name: "its manifest", method: "GET", path: () => `/${file.id}/versions/1/manifest` },
  { name: "its differences", method: "GET", path: () => `/${file.id}/versions/1/diff/1` },
  { name: "its download", method: "GET", path: () => `/${file.id}/download?format=json` },
  { name: "a new export", method: "GET", path: () => `/${file.id}/download?format=trl` },
  { name: "its analytics", method: "GET", path: () => `/${file.id}/analytics` },
  { name: "its build", method: "GET", path: () => `/${file.id}/build` },
];
const writes: Endpoint[] = [
  { name: "add", method: "POST", path: () => `/${file.id}/add-conversations`, body: add },
  { name: "remove", method: "POST", path: () => `/${file.id}/remove-conversations`, body: add },
  {
    name: "change",
    method: "PATCH",
    path: () => `/${file.id}`,
    body: () => ({ description: "x" }),
  },
  { name: "cancel", method: "POST", path: () => `/${file.id}/build/cancel` },
  { name: "delete", method: "DELETE", path: () => `/${file.id}` },
];

function call(user: User, { method, path, body }: Endpoint) {
  return callFiles(user, path(), { method, ...(body && { body: body() }) });
}

describe("training-files", () => {
  test.each(reads)("shows a viewer $name", async (endpoint) => {
    const { status, text } = await call(users.viewer, endpoint);

    expect(status, text).toBe(200);
  });

  test.each(writes)("does not let a viewer $name", async (endpoint) => {
    expectError(await call(users.viewer, endpoint), 403, "ROLE_TOO_LOW");
  });

  test("does not let a viewer create", async () => {
    const answer = await callFiles(users.viewer, "", {
      body: { name: "Mine", conversation_ids: conversations },
    });

    expectError(answer, 403, "ROLE_TOO_LOW");
  });

  test("does not let an editor delete", async () => {
    expectError(
      await callFiles(users.editor, `/${file.id}`, { method: "DELETE" }),
      403,
      "ROLE_TOO_LOW",
    );
    expect(fileOf(await callFiles(users.owner, `/${file.id}`), 200).id).toBe(file.id);
  });

  test("lets an editor create and an admin delete", async () => {
    const theirs = await createFile(users.editor, conversations);

    const { status } = await callFiles(users.admin, `/${theirs.id}`, { method: "DELETE" });

    expect(status).toBe(204);
  });

  test.each([...reads, ...writes])("hides $name from another organisation", async (endpoint) => {
    expectError(await call(users.stranger, endpoint), 404, "TRAINING_FILE_NOT_FOUND");
  });

  test.each([...reads, ...writes])(
    "answers the same for a file that never was: $name",
    async ({ path, ...endpoint }) => {
      const unknown = { ...endpoint, path: () => path().replace(file.id, crypto.randomUUID()) };

      expectError(await call(users.owner, unknown), 404, "TRAINING_FILE_NOT_FOUND");
    },
  );

  test.each([...reads, ...writes])("refuses an id that is none: $name", async (endpoint) => {
    const broken = { ...endpoint, path: () => endpoint.path().replace(file.id, "1") };

    expectError(await call(users.owner, broken), 400, "INVALID_REQUEST");
  });

  test.each([
    ...reads,
    ...writes,
    { name: "list", method: "GET", path: () => "" },
    { name: "create", method: "POST", path: () => "", body: add },
    { name: "preview", method: "POST", path: () => "/preview", body: add },
  ])("is closed to the anonymous: $name", async ({ method, path, body }: Endpoint) => {
    const answer = await callFunction(`training-files${path()}`, {
      method,
      ...(body && { body: body() }),
      headers: { apikey: inject("stack").publishableKey },
    });

    expect(answer.status).toBe(401);
  });

  test("lists nothing of another organisation", async () => {
    const { body } = await callFiles(users.stranger, "");

    expect(body).toEqual({ files: [], next_cursor: null });
  });

  test("has nothing to cancel while nothing is built", async () => {
    const answer = await callFiles(users.owner, `/${file.id}/build/cancel`, { method: "POST" });

    expectError(answer, 409, "BUILD_NOT_CANCELLABLE");
  });
});

describe("the tables of training files", () => {
  const tables = [
    "training_files",
    "training_file_conversations",
    "training_file_sources",
    "training_artifacts",
  ] as const;

  test.each(tables)("%s is shown to viewers and hidden from strangers", async (table) => {
    const rows = async (user: User) => {
      const { data } = await user.client.from(table).select("id:org_id").eq("org_id", file.org_id);
      return data!.length;
    };

    expect(await rows(users.viewer)).toBeGreaterThan(0);
    expect(await rows(users.stranger)).toBe(0);
  });

  test.each(tables)("%s is written by nobody, not even the owner", async (table) => {
    const { client } = users.owner;

    const inserted = await client.from(table).insert({ org_id: file.org_id } as never);
    const updated = await client.from(table).update({ org_id: file.org_id } as never)
      .eq("org_id", file.org_id);
    const deleted = await client.from(table).delete().eq("org_id", file.org_id);

    for (const { error } of [inserted, updated, deleted]) expect(error?.code).toBe("42501");
  });

  test("keep the token of a build to the builder", async () => {
    const { error } = await users.owner.client.from("training_file_versions")
      .select("build_token").eq("training_file_id", file.id);

    expect(error?.code).toBe("42501");
  });

  test.each([
    "claim_training_file_build",
    "complete_training_file_build",
    "fail_training_file_build",
    "add_training_artifact",
    "enqueue_object_deletion",
    "list_due_objects",
    "get_training_file_entries",
    "get_conversation_snapshots",
  ])("are not changed by a user through %s", async (name) => {
    const answer = await fetch(`${users.owner.stack.url}/rest/v1/rpc/${name}`, {
      method: "POST",
      headers: {
        ...credentialsOf(users.owner),
        "content-type": "application/json",
      },
      body: "{}",
    });
    await answer.body?.cancel();

    expect([401, 403, 404]).toContain(answer.status);
  });
});

describe("bucket training-files", () => {
  test.each(roles)("takes nothing from %s", async (role) => {
    const bucket = users[role].client.storage.from("training-files");
    const before = await objectsOf(users.owner.stack, file.id);

    const added = await bucket.upload(`${file.id}/v1/extra.json`, braces, {
      contentType: "application/json",
    });
    const replaced = await bucket.upload(file.json_file_path!, braces, {
      contentType: "application/json",
      upsert: true,
    });
    await bucket.remove([file.json_file_path!]);
    const signed = await bucket.createSignedUploadUrl(`${file.id}/v1/signed.json`);

    expect([added.error, replaced.error, signed.error]).not.toContain(null);
    expect(await objectsOf(users.owner.stack, file.id)).toEqual(before);
  });

  test.each(roles)("is not listed or read by %s", async (role) => {
    const bucket = users[role].client.storage.from("training-files");

    const listed = await bucket.list(file.id);
    const listedVersion = await bucket.list(`${file.id}/v1`);
    const downloaded = await bucket.download(file.json_file_path!);
    const signed = await bucket.createSignedUrl(file.json_file_path!, 60);

    expect([listed.data ?? [], listedVersion.data ?? []]).toEqual([[], []]);
    expect(downloaded.data).toBeNull();
    expect(signed.data).toBeNull();
  });
});

describe("bucket conversation-files", () => {
  const paths = {
    "their own folder": (user: User) => `${user.id}/${crypto.randomUUID()}/enriched.json`,
    "another's folder": () => `${users.owner.id}/${crypto.randomUUID()}/enriched.json`,
    "the organisation's folder": () => `${file.org_id}/${crypto.randomUUID()}/enriched.json`,
    "no folder": () => `${crypto.randomUUID()}.json`,
    "a folder that is no conversation": (user: User) => `${user.id}/x/enriched.json`,
  };

  test.each(
    (["viewer", "editor", "stranger"] as const).flatMap((role) =>
      Object.keys(paths).map((place) => ({ role, place: place as keyof typeof paths }))
    ),
  )("takes from $role an object in $place only if it is their own", async ({ role, place }) => {
    const user = users[role];

    const { error } = await user.client.storage.from("conversation-files")
      .upload(paths[place](user), braces, { contentType: "application/json" });

    expect(error === null).toBe(place === "their own folder");
  });

  test.each(["admin", "editor", "viewer", "stranger"] as const)(
    "does not let %s replace or remove another's object",
    async (role) => {
      const path = `${users.owner.id}/${conversations[0]}/enriched.json`;
      const bucket = users[role].client.storage.from("conversation-files");

      const { error } = await bucket.upload(path, braces, {
        contentType: "application/json",
        upsert: true,
      });
      await bucket.remove([path]);

      expect(error).not.toBeNull();
      const kept = await users.owner.client.storage.from("conversation-files").download(path);
      expect(JSON.parse(await kept.data!.text())).toHaveProperty("training_pairs");
    },
  );

  test("shows nothing to the anonymous", async () => {
    const { url, publishableKey } = inject("stack");
    const bucket = createClient<Database>(url, publishableKey).storage.from("conversation-files");
    const path = `${users.owner.id}/${conversations[0]}/enriched.json`;

    const { data } = await bucket.download(path);
    const uploaded = await bucket.upload(`${users.owner.id}/x.json`, braces);

    expect(data).toBeNull();
    expect(uploaded.error).not.toBeNull();
  });
});

describe("the path of a conversation", () => {
  const canonical = (user: User, id: string) => `${user.id}/${id}/enriched.json`;
  const wrong: [string, (user: User, id: string) => string][] = [
    ["of another user", (_, id) => canonical(users.stranger, id)],
    ["of another conversation", (user) => canonical(user, crypto.randomUUID())],
    ["with another name", (user, id) => canonical(user, id).replace("enriched", "raw")],
    ["that climbs", (user, id) => `${user.id}/../${user.id}/${id}/enriched.json`],
    ["in upper case", (user, id) => canonical(user, id).toUpperCase()],
    ["with a space", (user, id) => `${canonical(user, id)} `],
    ["that is empty", () => ""],
    ["with a slash in front", (user, id) => `/${canonical(user, id)}`],
  ];

  test.each(wrong)("%s is refused at insert", async (_, path) => {
    const user = users.editor;
    const id = crypto.randomUUID();
    await uploadConversation(user, id, enrichedConversation());

    const { error } = await user.client.from("conversations").insert({
      org_id: user.orgId,
      conversation_id: id,
      enriched_file_path: path(user, id),
      enrichment_status: "completed",
    });

    expect(error?.code).toBe("23514");
    const { data } = await user.client.from("conversations").select("id").eq("conversation_id", id);
    expect(data).toEqual([]);
  });

  test.each(wrong)("%s is refused at update", async (_, path) => {
    const user = users.editor;
    const id = await addConversation(user);

    const { error } = await user.client.from("conversations")
      .update({ enriched_file_path: path(user, id) }).eq("conversation_id", id);

    expect(error?.code).toBe("23514");
  });

  test("does not follow an editor who changes another's conversation", async () => {
    const id = await addConversation(users.owner);

    const { error } = await users.editor.client.from("conversations")
      .update({ enriched_file_path: canonical(users.editor, id) }).eq("conversation_id", id);

    expect(error?.code).toBe("23514");
  });

  test("cannot be moved by claiming to be somebody else", async () => {
    const { client, orgId } = users.stranger;
    const id = conversations[0]!;

    const { error } = await client.from("conversations").insert({
      org_id: orgId,
      conversation_id: id,
      created_by: users.owner.id,
      enriched_file_path: canonical(users.owner, id),
      enrichment_status: "completed",
    });

    expect(error?.code).toBe("42501");
  });

  test("may be left out until there is a file", async () => {
    const { client, orgId } = users.editor;

    const { error } = await client.from("conversations")
      .insert({ org_id: orgId, conversation_id: crypto.randomUUID() });

    expect(error).toBeNull();
  });
});
