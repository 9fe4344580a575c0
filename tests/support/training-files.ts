import { expect } from "vitest";
import type { Tables } from "../../shared/database.types.ts";
import {
  adminOf,
  callFunction,
  type FunctionAnswer,
  type StackAddress,
  type User,
} from "./user.ts";

export type TrainingFile = Tables<"training_files">;

/** Calls the function `training-files`. */
export function callFiles(
  user: User,
  path: string,
  options: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<FunctionAnswer> {
  const method = options.method ?? (options.body === undefined ? "GET" : "POST");
  return callFunction(`training-files${path}`, { user, ...options, method });
}

/** The file of an answer that has to have this status. */
export function fileOf(answer: FunctionAnswer, status: number): TrainingFile {
  expect(answer.status, answer.text).toBe(status);
  return answer.body.trainingFile as TrainingFile;
}

/** Mean, lowest and highest score. */
export function scoresOf(file: TrainingFile) {
  return [file.avg_quality_score, file.min_quality_score, file.max_quality_score];
}

/** Makes a training file of the conversations. */
export async function createFile(
  user: User,
  conversationIds: string[],
  body: Record<string, unknown> = {},
): Promise<TrainingFile> {
  const answer = await callFiles(user, "", {
    body: { name: `File ${crypto.randomUUID()}`, conversation_ids: conversationIds, ...body },
  });
  return fileOf(answer, 201);
}

/** Adds conversations to a file, or removes them. */
export function change(
  user: User,
  fileId: string,
  action: "add" | "remove",
  conversationIds: string[],
): Promise<FunctionAnswer> {
  return callFiles(user, `/${fileId}/${action}-conversations`, {
    body: { conversation_ids: conversationIds },
  });
}

/** What a download answers. */
export interface Download {
  download_url: string;
  filename: string;
  expires_in_seconds: number;
  size_bytes: number;
  sha256: string;
}

/** Asks for a download and fetches it through its signed URL, as anybody with the link can. */
export async function download(
  user: User,
  fileId: string,
  query: Record<string, string>,
): Promise<Download & { bytes: Uint8Array<ArrayBuffer>; text: string }> {
  const answer = await callFiles(user, `/${fileId}/download?${new URLSearchParams(query)}`);
  expect(answer.status, answer.text).toBe(200);
  const described = answer.body as unknown as Download;
  const response = await fetch(described.download_url);
  expect(response.status).toBe(200);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return {
    ...described,
    bytes,
    text: new TextDecoder().decode(bytes),
  };
}

/** The non-empty lines of a file of JSON lines. */
export function linesOf(text: string): Record<string, unknown>[] {
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** Lower-case hex. */
export async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Names of the objects that a file has in storage, sorted. */
export async function objectsOf(stack: StackAddress, fileId: string): Promise<string[]> {
  const { data } = await adminOf(stack).storage.from("training-files").list(fileId, {
    limit: 1000,
  });
  const names = data!.map(({ name }) => name.slice(fileId.length + 1));
  return names.sort();
}
