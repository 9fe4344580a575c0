import { expect } from "vitest";
import { callFiles, download, fileOf, type TrainingFile } from "../../support/training-files.ts";
import type { User } from "../../support/user.ts";

/** Holds a training file to what it was, in its row and in its published JSON. */
export async function expectUntouched(
  user: User,
  file: TrainingFile,
  published: string,
): Promise<void> {
  expect(fileOf(await callFiles(user, `/${file.id}`), 200)).toEqual(file);
  expect((await download(user, file.id, { format: "json" })).text).toBe(published);
}
