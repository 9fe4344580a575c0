import type { Tables } from "../../shared/database.types.ts";
import { callFunction, type User } from "./user.ts";
import { until } from "./until.ts";

export type TrainingJob = Tables<"mono_training_jobs">;

/** Asks for a training of the document, as a browser does; returns the job. */
export async function train(user: User, documentId: string): Promise<TrainingJob> {
  const { status, body } = await callFunction("training-library/train-for-doc", {
    user,
    body: { orgId: user.orgId, vaultDocumentId: documentId },
  });
  if (status !== 202) throw new Error(`not queued: ${status} ${JSON.stringify(body)}`);
  return body.job as TrainingJob;
}

/** The job as its organisation sees it now. */
export async function getJob({ client }: User, id: string): Promise<TrainingJob> {
  const { data, error } = await client.from("mono_training_jobs").select("*").eq("id", id).single();
  if (error) throw new Error("no job", { cause: error });
  return data;
}

/** Waits until the job is in the status; throws at once when it has ended in another. */
export async function waitForJob(
  user: User,
  id: string,
  status: string,
  options?: { seconds?: number },
): Promise<TrainingJob> {
  let last: TrainingJob | undefined;
  return await until(`job to be ${status}`, async () => {
    last = await getJob(user, id);
    if (last.status === status) return last;
    if (last.completed_at) throw new Error(`the job is ${last.status}: ${last.error_message}`);
    return null;
  }, options);
}

/** Trains a document to its end. */
export async function trainToEnd(
  user: User,
  documentId: string,
  options?: { seconds?: number },
): Promise<TrainingJob> {
  return await waitForJob(user, (await train(user, documentId)).id, "completed", options);
}
