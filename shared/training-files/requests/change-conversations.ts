import { z } from "zod";
import type { Answer } from "../../http.ts";
import { unwrap } from "../../unwrap.ts";
import { ConversationIds, Validation } from "./create-training-file.ts";
import { type Clients, finishBuild } from "./finish-build.ts";

/** Body of `POST /training-files/:id/add-conversations`. */
export const AddConversationsRequest = z.strictObject({
  conversation_ids: ConversationIds,
  validation: Validation,
});

/** Body of `POST /training-files/:id/remove-conversations`. */
export const RemoveConversationsRequest = z.strictObject({ conversation_ids: ConversationIds });

/** Builds a version with more conversations. Throws `ApiError`. */
export async function addConversations(
  clients: Clients,
  id: string,
  { conversation_ids, validation }: z.output<typeof AddConversationsRequest>,
): Promise<Answer> {
  const [begun] = unwrap(
    await clients.user.rpc("add_training_file_conversations", {
      p_training_file_id: id,
      p_conversation_ids: conversation_ids,
      p_options: { validation },
    }),
  );
  return await finishBuild(clients, begun!, 200);
}

/** Builds a version with fewer conversations. Throws `ApiError`. */
export async function removeConversations(
  clients: Clients,
  id: string,
  { conversation_ids }: z.output<typeof RemoveConversationsRequest>,
): Promise<Answer> {
  const [begun] = unwrap(
    await clients.user.rpc("remove_training_file_conversations", {
      p_training_file_id: id,
      p_conversation_ids: conversation_ids,
    }),
  );
  return await finishBuild(clients, begun!, 200);
}
