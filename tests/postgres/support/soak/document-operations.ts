import { makeText } from "../random-run/workload.ts";
import { type Actor, ask, pick, tell } from "./actor.ts";

const pathOf = ({ user }: Actor, id: string) => `${user.orgId}/${id}/handbook.md`;

/** Uploads a document, inserts its row, and asks for its training. */
export async function addDocument(actor: Actor): Promise<void> {
  const id = crypto.randomUUID();
  const isHopeless = actor.random() < 0.05;
  const text = isHopeless ? " " : makeText(`document ${id}`, actor.random);
  const storage_path = pathOf(actor, id);
  await upload(actor, id, text);
  await tell(actor, "insert document", () =>
    actor.user.client.from("vault_documents").insert({
      id,
      org_id: actor.user.orgId,
      title: `Handbook ${actor.documents.size}`,
      storage_path,
      mime_type: "text/markdown",
    }));
  actor.documents.set(id, text);
  await train(actor, id);
}

/** Replaces the text of a document. */
export async function editDocument(actor: Actor): Promise<void> {
  const id = pick(actor, actor.documents.keys());
  if (!id) return;
  const text = makeText(`an edit of ${id}`, actor.random);
  await upload(actor, id, text);
  actor.documents.set(id, text);
  await tell(actor, "update document", () =>
    actor.user.client.from("vault_documents")
      .update({ storage_path: pathOf(actor, id) }).eq("id", id));
  await train(actor, id);
}

/** Gives a document another title, which its chunks are embedded under. */
export async function renameDocument(actor: Actor): Promise<void> {
  const id = pick(actor, actor.documents.keys());
  if (!id) return;
  const title = `Renamed ${Math.floor(actor.random() * 1e6)}`;
  await tell(
    actor,
    "rename document",
    () => actor.user.client.from("vault_documents").update({ title }).eq("id", id),
  );
  await train(actor, id);
}

/** Deletes a document and then its object, as a browser does. */
export async function deleteDocument(actor: Actor): Promise<void> {
  const id = pick(actor, actor.documents.keys());
  if (!id || actor.documents.size < 10) return;
  actor.documents.delete(id);
  const { client } = actor.user;
  await tell(actor, "delete document", () => client.from("vault_documents").delete().eq("id", id));
  await tell(
    actor,
    "remove document",
    () => client.storage.from("documents").remove([pathOf(actor, id)]),
  );
}

/** Cancels whatever training is open. */
export function cancelTraining(actor: Actor): Promise<void> {
  return onTraining(actor, ["queued", "processing"], "cancel");
}

/** Tries a training again that has failed or was cancelled. */
export function retryTraining(actor: Actor): Promise<void> {
  return onTraining(actor, ["failed", "cancelled"], "retry");
}

async function onTraining(actor: Actor, statuses: string[], action: string): Promise<void> {
  let ids: string[] = [];
  await tell(actor, "list trainings", async () => {
    const answer = await actor.user.client.from("mono_training_jobs").select("id")
      .in("status", statuses).limit(20);
    ids = answer.data?.map(({ id }) => id) ?? [];
    return answer;
  });
  const id = pick(actor, ids);
  if (id) await ask(actor, `training-library/jobs/${id}/${action}`, { method: "POST" });
}

async function upload(actor: Actor, id: string, text: string): Promise<void> {
  await tell(actor, "upload document", () =>
    actor.user.client.storage.from("documents").upload(
      pathOf(actor, id),
      new TextEncoder().encode(text),
      { contentType: "text/markdown", upsert: true },
    ));
}

async function train(actor: Actor, vaultDocumentId: string): Promise<void> {
  await ask(actor, "training-library/train-for-doc", {
    body: { orgId: actor.user.orgId, vaultDocumentId },
  });
}
