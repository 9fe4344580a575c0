import { z } from "zod";
import type { Answer } from "../../http.ts";
import { ConversationIds, Validation } from "./create-training-file.ts";
import { beginOnce } from "./begin-once.ts";
import type { Clients } from "./finish-build.ts";

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
  body: z.output<typeof AddConversationsRequest>,
  key: string | null,
): Promise<Answer> {
  const request = { add_to: id, ...body };
  return await beginOnce(
    clients,
    { key, request, status: 200 },
    (keyArguments) =>
      clients.user.rpc("add_training_file_conversations", {
        p_training_file_id: id,
        p_conversation_ids: body.conversation_ids,
        p_options: { validation: body.validation },
        ...keyArguments,
      }),
  );
}

/** Builds a version with fewer conversations. Throws `ApiError`. */
export async function removeConversations(
  clients: Clients,
  id: string,
  body: z.output<typeof RemoveConversationsRequest>,
  key: string | null,
): Promise<Answer> {
  const request = { remove_from: id, ...body };
  return await beginOnce(
    clients,
    { key, request, status: 200 },
    (keyArguments) =>
      clients.user.rpc("remove_training_file_conversations", {
        p_training_file_id: id,
        p_conversation_ids: body.conversation_ids,
        ...keyArguments,
      }),
  );
}
