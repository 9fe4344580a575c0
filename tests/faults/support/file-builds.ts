import { expect } from "vitest";
import { callWorker } from "../../support/call-worker.ts";
import type { OwnStack } from "../../support/own-stack.ts";
import { callFiles, fileOf, type TrainingFile } from "../../support/training-files.ts";
import type { FunctionAnswer, User } from "../../support/user.ts";

/** Has a worker do what is due; returns its report. */
export async function work({ address }: OwnStack) {
  return (await callWorker(address)).body;
}

/** The last build of a training file. */
export async function getBuild(user: User, id: string) {
  const { body } = await callFiles(user, `/${id}/build`);
  return body.build as { version: number; state: string; progress: number; error: unknown };
}

/** A file without the time of its last change: a build that came to nothing moves that alone. */
export async function readFile(user: User, id: string) {
  const { updated_at: _, ...file } = fileOf(await callFiles(user, `/${id}`), 200);
  return file;
}

/** The files that are listed under a status. */
export async function listIds(user: User, status: string): Promise<string[]> {
  const { body } = await callFiles(user, `?status=${status}&limit=200`);
  return (body.files as TrainingFile[]).map((file) => file.id);
}

/** Holds an answer to that of a request whose build is a job. */
export function expectQueued({ status, body, text }: FunctionAnswer): void {
  expect(status, text).toBe(202);
  expect(body.job).toMatchObject({ kind: "build_training_file", status: "queued", progress: 0 });
}
