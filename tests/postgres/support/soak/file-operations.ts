import { enrichedConversation } from "../../../support/conversations.ts";
import { sha256Of } from "../../../support/training-files.ts";
import { type Actor, ask, pick, tell } from "./actor.ts";

const pathOf = ({ user }: Actor, id: string) => `${user.id}/${id}/enriched.json`;

/** Makes a training file of three new conversations. */
export async function createFile(actor: Actor): Promise<void> {
  const conversationIds = [];
  while (conversationIds.length < 3) conversationIds.push(await addConversation(actor));
  const { status, body } = await ask(actor, "training-files", {
    headers: { "idempotency-key": crypto.randomUUID() },
    body: {
      orgId: actor.user.orgId,
      name: `File ${crypto.randomUUID()}`,
      conversation_ids: conversationIds,
    },
  });
  if (status >= 300) return;
  const { id } = body.trainingFile as { id: string };
  actor.files.push({ id, conversationIds });
  if (actor.random() < 0.5) {
    await ask(actor, `training-files/${id}`, {
      method: "PATCH",
      body: { stale_policy: "rebuild" },
    });
  }
}

/** Adds a new conversation to a file. */
export async function addToFile(actor: Actor): Promise<void> {
  const file = pick(actor, actor.files);
  if (!file) return;
  const id = await addConversation(actor);
  const { status } = await ask(actor, `training-files/${file.id}/add-conversations`, {
    headers: { "idempotency-key": crypto.randomUUID() },
    body: { conversation_ids: [id] },
  });
  if (status < 300) file.conversationIds.push(id);
}

/** Removes a conversation from a file that has others. */
export async function removeFromFile(actor: Actor): Promise<void> {
  const file = pick(actor, actor.files.filter(({ conversationIds }) => conversationIds.length > 1));
  const id = file && pick(actor, file.conversationIds);
  if (!id) return;
  const { status } = await ask(actor, `training-files/${file.id}/remove-conversations`, {
    headers: { "idempotency-key": crypto.randomUUID() },
    body: { conversation_ids: [id] },
  });
  if (status < 300) file.conversationIds = file.conversationIds.filter((other) => other !== id);
}

/** Deletes a file. */
export async function deleteFile(actor: Actor): Promise<void> {
  const file = pick(actor, actor.files);
  if (!file || actor.files.length < 5) return;
  actor.files = actor.files.filter((other) => other !== file);
  await ask(actor, `training-files/${file.id}`, { method: "DELETE" });
}

/** Downloads a file in some format, and holds the bytes to what was promised of them. */
export async function downloadFile(actor: Actor): Promise<void> {
  const file = pick(actor, actor.files);
  if (!file) return;
  const format = pick(actor, ["json", "jsonl", "openai", "sharegpt", "alpaca", "messages", "trl"]);
  const { status, body } = await ask(actor, `training-files/${file.id}/download?format=${format}`, {
    method: "GET",
  });
  if (status >= 300) return;
  await tell(actor, "fetch download", async () => {
    const response = await fetch(String(body.download_url));
    const bytes = new Uint8Array(await response.arrayBuffer());
    const isRight = response.status === 404 || response.status >= 500 ||
      await sha256Of(bytes) === body.sha256;
    if (!isRight) actor.ledger.unexpected.push(`${file.id} as ${format} has another hash`);
    const error = response.ok ? null : { message: `download ${response.status}` };
    return { error, status: response.status };
  });
}

/** Enriches a conversation again: files that hold it are stale, or built anew. */
export async function enrichAgain(actor: Actor): Promise<void> {
  const id = pick(actor, actor.conversationIds);
  if (!id) return;
  await upload(actor, id);
  await tell(actor, "update conversation", () =>
    actor.user.client.from("conversations")
      .update({ enriched_file_path: pathOf(actor, id) }).eq("conversation_id", id));
}

async function addConversation(actor: Actor): Promise<string> {
  const id = crypto.randomUUID();
  await upload(actor, id);
  await tell(actor, "insert conversation", () =>
    actor.user.client.from("conversations").insert({
      org_id: actor.user.orgId,
      conversation_id: id,
      enriched_file_path: pathOf(actor, id),
      enrichment_status: "completed",
    }));
  actor.conversationIds.push(id);
  return id;
}

async function upload(actor: Actor, id: string): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(enrichedConversation({ openPairs: 1 })));
  await tell(
    actor,
    "upload conversation",
    () =>
      actor.user.client.storage.from("conversation-files")
        .upload(pathOf(actor, id), bytes, { contentType: "application/json", upsert: true }),
  );
}
