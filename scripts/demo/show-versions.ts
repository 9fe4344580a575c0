import type { VersionDiff } from "../../shared/training-files/versions/diff.ts";
import type { Narrator } from "./narrate.ts";
import { type DemoUser, get } from "./sign-up.ts";
import type { TrainingFile } from "./training-file.ts";

interface Version {
  version: number;
  change: string;
  conversation_count: number;
  total_training_pairs: number;
}

/** Shows the versions of a file, and that the second holds what was added to the first. */
export async function showVersions(
  narrator: Narrator,
  user: DemoUser,
  file: TrainingFile,
  ids: string[],
): Promise<void> {
  const { versions } = await get<{ versions: Version[] }>(
    user,
    `training-files/${file.id}/versions`,
  );
  for (const { version, change, conversation_count, total_training_pairs } of versions) {
    narrator.say(
      `version ${version} (${change}): ${conversation_count} conversations, ` +
        `${total_training_pairs} training pairs`,
    );
  }
  const { diff } = await get<{ diff: VersionDiff }>(
    user,
    `training-files/${file.id}/versions/1/diff/2`,
  );
  narrator.check(
    versions.length === 2 && diff.added.join() === ids.slice(10).join() &&
      diff.removed.length === 0 && diff.changed.length === 0,
    `version 2 has ${diff.added.length} conversations more than version 1: ` +
      `${diff.pairs_delta} pairs, ${diff.tokens_delta.trained} trained tokens`,
  );
}
