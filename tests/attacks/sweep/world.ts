import { callWorker } from "../../support/call-worker.ts";
import { addConversation } from "../../support/conversations.ts";
import { addCrop, createDrawing } from "../../support/crops.ts";
import { type OwnStack, startOwnStack } from "../../support/own-stack.ts";
import { setQuota } from "../../support/set-quota.ts";
import { train } from "../../support/training.ts";
import { createFile } from "../../support/training-files.ts";
import { addDocument, addMember, createMember, createOrganization } from "../../support/user.ts";
import { headersOf, type People, type Person, signEverybodyUp, type Users } from "./people.ts";

/** What came back, with the body as JSON where it is some. */
export interface Answer {
  status: number;
  body: unknown;
  text: string;
}

/** An organisation with everything in it that can be asked for, and everybody who may ask. */
export interface World extends AsyncDisposable {
  own: OwnStack;
  users: Users;
  people: People;
  orgId: string;
  documentId: string;
  conversationIds: string[];
  fileId: string;
  projectId: string;
  pageId: string;
  pointerId: string;
  /** Sends a request to a path of the stack as one of them. */
  ask(person: Person, method: string, path: string, request?: Request): Promise<Answer>;
  /** What the database has, past every right. */
  look<T extends Record<string, unknown>>(statement: string, parameters?: unknown[]): Promise<T[]>;
}

/** Beside method and path; a body is JSON unless it is bytes. */
export interface Request {
  body?: unknown;
  headers?: Record<string, string>;
}

/**
 * Starts a stack of its own, its functions with further environment, and fills it. Its worker works
 * only when it is called.
 */
export async function createWorld(env: Record<string, string> = {}): Promise<World> {
  const own = await startOwnStack({ cron: false, ownDatabase: true, env });
  const users = await signEverybodyUp(own.address);
  const people = headersOf(own.address, users);
  const { editor, owner } = users;
  const documentId = await addDocument(editor, "# Leave\n\nThirty days of holiday.");
  await train(editor, documentId);
  await callWorker(own.address);
  const conversationIds = [await addConversation(editor), await addConversation(editor)];
  const file = await createFile(editor, conversationIds);
  await setQuota(owner, "open_jobs", 20_000);
  const drawing = await createDrawing(editor);
  const pointerId = await addCrop(editor, drawing, { bytes: null });
  const look: World["look"] = (statement, parameters) =>
    own.stack.database.query(statement, parameters);
  await look(
    `update public.pointers set cross_references = '[{"raw": "1", "sheet": "A-501"}]'
     where id = $1`,
    [pointerId],
  );
  return {
    own,
    users,
    people,
    orgId: owner.orgId,
    documentId,
    conversationIds,
    fileId: file.id,
    ...drawing,
    pointerId,
    ask: (person, method, path, request) => ask(own, people, person, method, path, request),
    look,
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  };
}

async function ask(
  own: OwnStack,
  people: People,
  person: Person,
  method: string,
  path: string,
  { body, headers = {} }: Request = {},
): Promise<Answer> {
  const isBytes = body instanceof Uint8Array;
  const response = await fetch(`${own.address.url}${path}`, {
    method,
    headers: {
      ...(body !== undefined && !isBytes && { "content-type": "application/json" }),
      ...people[person],
      ...headers,
    },
    body: isBytes ? body as BodyInit : body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") && text !== "";
  return { status: response.status, body: isJson ? JSON.parse(text) : null, text };
}

/** Makes something that one test may use up. */
export const spare = {
  /** An organisation with the same people in the same roles. */
  async organization({ users }: World): Promise<string> {
    const orgId = await createOrganization(users.owner);
    for (const role of ["admin", "editor", "viewer"] as const) {
      await addMember(users[role], orgId, role);
    }
    return orgId;
  },
  async document({ users }: World): Promise<string> {
    return await addDocument(users.editor, `# Spare\n\n${crypto.randomUUID()}`);
  },
  async trainingSet({ users: { editor } }: World): Promise<string> {
    const { data } = await editor.client.from("mono_training_sets")
      .insert({ org_id: editor.orgId, name: crypto.randomUUID() }).select("id").single()
      .throwOnError();
    return data.id;
  },
  /** A training that nobody has begun. */
  async queuedJob(world: World): Promise<string> {
    return (await train(world.users.editor, await spare.document(world))).id;
  },
  async cancelledJob(world: World): Promise<string> {
    const id = await spare.queuedJob(world);
    await world.users.editor.client.rpc("cancel_training_job", { p_training_job_id: id })
      .throwOnError();
    return id;
  },
  async file({ users, conversationIds, orgId }: World): Promise<string> {
    return (await createFile(users.editor, conversationIds, { orgId })).id;
  },
  /** A file whose build waits for a worker. */
  async buildingFile({ users: { editor }, conversationIds, look }: World): Promise<string> {
    const { data: begun } = await editor.client.rpc("create_training_file", {
      p_name: crypto.randomUUID(),
      p_conversation_ids: conversationIds,
      p_org_id: editor.orgId,
    }).single().throwOnError();
    await look(
      `select private.enqueue_training_file_build(begun, true)
       from public.training_file_versions as begun where begun.id = $1`,
      [begun.version_id],
    );
    return begun.file_id;
  },
  async member({ users }: World): Promise<string> {
    return (await createMember(users.owner, "viewer")).id;
  },
  async conversation({ users }: World): Promise<string> {
    return await addConversation(users.editor);
  },
  /** The id and the token of an invitation of the invitee, or of nobody in particular. */
  async invitation({ users: { admin, invitee } }: World, isForInvitee = false) {
    const { data: { user } } = await invitee.client.auth.getUser();
    const email = isForInvitee ? user!.email! : `${crypto.randomUUID()}@example.test`;
    const { data } = await admin.client
      .rpc("invite_member", { org_id: admin.orgId, email, role: "viewer" }).single().throwOnError();
    return { id: data.invitation_id, token: data.token };
  },
};
