import { addCrop, createDrawing, waitForCrop } from "./crops.ts";
import { addConversations } from "./conversations.ts";
import type { OwnStack } from "./own-stack.ts";
import { retrain } from "./retraining.ts";
import { trainToEnd } from "./training.ts";
import { change, createFile, download } from "./training-files.ts";
import { addDocument, type User } from "./user.ts";
import { startVisionStack } from "./vision-stack.ts";

/** A stack on which a user has had work of every kind done, and nothing is open. */
export interface WorkedStack extends AsyncDisposable {
  own: OwnStack;
  user: User;
  /** Trained twice, with other text. */
  documentId: string;
  /** With two versions and an export. */
  fileId: string;
  conversationIds: string[];
  cropId: string;
}

/** Starts it, on a database of its own, and waits until the work is done. */
export async function startWorkedStack(): Promise<WorkedStack> {
  const own = await startVisionStack({ ownDatabase: true });
  const { user } = own;
  const documentId = await addDocument(user, "# Time off\n\nThirty days a year.");
  await trainToEnd(user, documentId);
  await retrain(
    user,
    documentId,
    "# Time off\n\nForty days a year.\n\n# Pay\n\nOn the last Friday.",
  );
  const conversationIds = await addConversations(user, 3, { openPairs: 1 });
  const file = await createFile(user, conversationIds.slice(0, 2));
  await change(user, file.id, "add", conversationIds.slice(2));
  await download(user, file.id, { format: "openai" });
  const cropId = await addCrop(user, await createDrawing(user));
  await waitForCrop(user, cropId);
  return {
    own,
    user,
    documentId,
    fileId: file.id,
    conversationIds,
    cropId,
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  };
}
