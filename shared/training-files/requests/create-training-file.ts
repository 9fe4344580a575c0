import { z } from "zod";
import { canonicalJson } from "../canonical-json.ts";
import { ApiError } from "../../errors.ts";
import type { Answer } from "../../http.ts";
import { unwrap } from "../../unwrap.ts";
import { sha256Text } from "../sha256-text.ts";
import { type Clients, finishBuild } from "./finish-build.ts";

/** 1 to 80 conversations, none of them twice. */
export const ConversationIds = z.array(z.guid().toLowerCase()).min(1).max(80)
  .refine((ids) => new Set(ids).size === ids.length, "must not repeat a conversation");

export const Validation = z.enum(["repair", "strict"]).default("repair");

/** Body of `POST /training-files`. */
export const CreateTrainingFileRequest = z.strictObject({
  orgId: z.guid().optional(),
  name: z.string().trim().min(1).max(255),
  description: z.string().max(2000).nullish(),
  conversation_ids: ConversationIds,
  validation: Validation,
});
export type CreateTrainingFileRequest = z.output<typeof CreateTrainingFileRequest>;

/** Header `Idempotency-Key`. */
export const IdempotencyKey = z.string().min(1).max(255).regex(/^[\x21-\x7e]+$/);

/** How long a repeated request waits for the first one to end. */
const waitMs = 20_000;

/** Makes a training file and its first version. Throws `ApiError`. */
export async function createTrainingFile(
  clients: Clients,
  request: CreateTrainingFileRequest,
  idempotencyKey: string | null,
): Promise<Answer> {
  const deadline = Date.now() + waitMs;
  // A request whose twin has failed takes its place: the key is free again.
  while (true) {
    const begun = await begin(clients, request, idempotencyKey);
    const answer = begun.is_new || begun.is_queued
      ? await finishBuild(clients, begun, 201)
      : await waitForTwin(clients, begun.file_id, deadline);
    if (answer) return answer;
  }
}

async function begin(
  clients: Clients,
  request: CreateTrainingFileRequest,
  idempotencyKey: string | null,
) {
  const { orgId, name, description, conversation_ids, validation } = request;
  const [begun] = unwrap(
    await clients.user.rpc("create_training_file", {
      p_name: name,
      p_conversation_ids: conversation_ids,
      p_org_id: orgId,
      p_description: description ?? undefined,
      p_options: { validation },
      ...(idempotencyKey !== null && {
        p_idempotency_key: idempotencyKey,
        p_request_hash: sha256Text(canonicalJson(request)),
      }),
    }),
  );
  if (!begun) throw new Error("create_training_file returned no row");
  return begun;
}

/** The file that another request with the same key is making; null when that one has failed. */
async function waitForTwin(
  clients: Clients,
  fileId: string,
  deadline: number,
): Promise<Answer | null> {
  while (Date.now() < deadline) {
    const [trainingFile] = unwrap(
      await clients.user.from("training_files").select("*").eq("id", fileId),
    );
    if (!trainingFile) return null;
    if (trainingFile.version > 0) return { status: 201, body: { trainingFile } };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new ApiError("TRAINING_FILE_BUSY", "The first request is still being carried out", {
    hint: "Repeat it later with the same Idempotency-Key",
  });
}
