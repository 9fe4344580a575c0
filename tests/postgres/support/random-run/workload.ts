import {
  addConversations,
  enrichedConversation,
  uploadConversation,
} from "../../../support/conversations.ts";
import { callFiles, createFile } from "../../../support/training-files.ts";
import { addDocument, callFunction, type User } from "../../../support/user.ts";
import { persist } from "./persist.ts";

/** A document as it ought to be in the end. */
export interface WorkDocument {
  id: string;
  text: string;
}

/** Everything that a run asks for. */
export interface Workload {
  documents: WorkDocument[];
  /** Documents of no text: their trainings are dead at once. */
  hopeless: string[];
  fileIds: string[];
  conversationIds: string[];
}

const conversationsOfFile = 3;

/** A text of one to a few hundred paragraphs that no other document has. */
export function makeText(name: string, random: () => number): string {
  const count = random() < 0.1 ? 400 : 1 + Math.floor(random() * 20);
  return Array.from(
    { length: count },
    (_, index) => `In ${name}, paragraph ${index} says ${Math.floor(random() * 1e9)}.`,
  ).join("\n\n");
}

/** Brings in what there is to work on, as users do; nothing is queued yet. */
export async function createWorkload(
  user: User,
  jobCount: number,
  random: () => number,
): Promise<Workload> {
  // Each file is good for two jobs: it is found stale, then built.
  const fileCount = Math.ceil(jobCount / 10);
  const documents: WorkDocument[] = [];
  for (let at = 0; at < jobCount - 2 * fileCount; at++) {
    const text = makeText(`document ${at}`, random);
    documents.push({ id: await addDocument(user, text), text });
  }
  const hopeless = [await addDocument(user, " "), await addDocument(user, "a\0b")];
  const conversationIds = await addConversations(user, fileCount * conversationsOfFile);
  const fileIds: string[] = [];
  for (let at = 0; at < fileCount; at++) {
    const ids = conversationIds.slice(at * conversationsOfFile, (at + 1) * conversationsOfFile);
    const { id } = await createFile(user, ids);
    await callFiles(user, `/${id}`, { method: "PATCH", body: { stale_policy: "rebuild" } });
    fileIds.push(id);
  }
  return { documents, hopeless, fileIds, conversationIds };
}

/** Queues a training; asked again, it answers with the one that is open. */
export async function train(user: User, documentId: string): Promise<void> {
  await persist(async () => {
    const { status, text } = await callFunction("training-library/train-for-doc", {
      user,
      body: { orgId: user.orgId, vaultDocumentId: documentId },
    });
    if (status !== 202 && status !== 200) throw new Error(`not queued: ${status} ${text}`);
  });
}

/** Replaces a document's text and trains it, as its owner does in the middle of everything. */
export async function edit(
  user: User,
  document: WorkDocument,
  random: () => number,
): Promise<void> {
  document.text = makeText(`an edit of ${document.id}`, random);
  const path = `${user.orgId}/${document.id}/handbook.md`;
  await persist(async () => {
    const upload = await user.client.storage.from("documents")
      .upload(path, new TextEncoder().encode(document.text), {
        contentType: "text/markdown",
        upsert: true,
      });
    if (upload.error) throw upload.error;
    const row = await user.client.from("vault_documents").update({ storage_path: path })
      .eq("id", document.id);
    if (row.error) throw row.error;
  });
  await train(user, document.id);
}

/** Enriches a conversation again: the file that holds it is to be built anew. */
export async function enrichAgain(user: User, conversationId: string): Promise<void> {
  await persist(async () => {
    await uploadConversation(user, conversationId, enrichedConversation());
    const { error } = await user.client.from("conversations")
      .update({ enriched_file_path: `${user.id}/${conversationId}/enriched.json` })
      .eq("conversation_id", conversationId);
    if (error) throw error;
  });
}
