import type { Preview } from "../../shared/training-files/versions/preview.ts";
import { downloadAll, formats } from "./download-all.ts";
import type { Narrator } from "./narrate.ts";
import { type DemoUser, invoke, refusal, signUp } from "./sign-up.ts";
import { showAnalytics } from "./show-analytics.ts";
import { showVersions } from "./show-versions.ts";
import type { Endpoint } from "./stack-process.ts";
import type { TrainingFile } from "./training-file.ts";

const samples = new URL("../../samples/conversations/", import.meta.url);
/** Conversations become a training file that every trainer loads; the downloads go to `output`. */
export async function demoTrainingFiles(
  narrator: Narrator,
  endpoint: Endpoint,
  output: URL,
): Promise<void> {
  narrator.chapter("Training Files: conversations become files for LoRA training");
  const user = await signUp(endpoint, "elena@pathways.example", "Pathways Financial Planning");
  narrator.say(`${user.email} signed up and made the organisation Pathways Financial Planning`);

  const ids = await uploadConversations(narrator, user);
  const preview = await showPreview(narrator, user, ids);
  const file = await makeFile(narrator, user, ids);
  await downloadAll(narrator, user, file, preview, output);
  await showAnalytics(narrator, user, file);
  await showVersions(narrator, user, file, ids);
  await lookAsStranger(narrator, endpoint, file);
}

async function uploadConversations(
  narrator: Narrator,
  { client, id, orgId }: DemoUser,
): Promise<string[]> {
  const names = [...Deno.readDirSync(samples)].map((entry) => entry.name).sort();
  let size = 0;
  for (const name of names) {
    const conversation_id = name.replace(/\.json$/, "");
    const enriched_file_path = `${id}/${conversation_id}/enriched.json`;
    const bytes = await Deno.readFile(new URL(name, samples));
    const upload = await client.storage.from("conversation-files")
      .upload(enriched_file_path, bytes, { contentType: "application/json" });
    if (upload.error) throw upload.error;
    const row = await client.from("conversations").insert({
      org_id: orgId,
      conversation_id,
      enriched_file_path,
      enrichment_status: "completed",
    });
    if (row.error) throw new Error(`no row for ${name}`, { cause: row.error });
    size += bytes.byteLength;
  }
  narrator.say(`uploaded ${names.length} enriched conversations (${size} bytes)`);
  return names.map((name) => name.replace(/\.json$/, ""));
}

async function showPreview(
  narrator: Narrator,
  user: DemoUser,
  conversation_ids: string[],
): Promise<Preview> {
  const { preview } = await invoke<{ preview: Preview }>(user, "training-files/preview", {
    conversation_ids,
    formats,
  });
  const { errors, warnings, fixed, excluded } = preview.summary;
  narrator.say(
    `preview: ${preview.total_training_pairs} training pairs, ` +
      `${preview.tokens.conversation.trained} trained tokens; report: ${errors} errors, ` +
      `${fixed} of them repaired, ${excluded} rows excluded, ${warnings} warnings`,
  );
  const [duplicate] = preview.near_duplicates.conversations;
  narrator.check(
    duplicate !== undefined,
    `the almost-duplicate is found (${duplicate?.conversation_id} repeats ` +
      `${duplicate?.duplicate_of}, similarity ${duplicate?.similarity})`,
  );
  return preview;
}

async function makeFile(
  narrator: Narrator,
  user: DemoUser,
  ids: string[],
): Promise<TrainingFile> {
  const { trainingFile: created } = await invoke<{ trainingFile: TrainingFile }>(
    user,
    "training-files",
    { name: "Spring clients", conversation_ids: ids.slice(0, 10) },
  );
  narrator.check(
    created.version === 1 && created.conversation_count === 10,
    `the file Spring clients has ${created.conversation_count} conversations, ` +
      `${created.total_training_pairs} training pairs`,
  );
  const path = `training-files/${created.id}/add-conversations`;
  const { trainingFile } = await invoke<{ trainingFile: TrainingFile }>(user, path, {
    conversation_ids: ids.slice(10),
  });
  narrator.check(
    trainingFile.version === 2 && trainingFile.conversation_count === ids.length,
    `two more make version ${trainingFile.version}: ${trainingFile.conversation_count} ` +
      `conversations, ${trainingFile.total_training_pairs} training pairs`,
  );
  const refused = await refusal(user, path, { conversation_ids: ids.slice(0, 1) });
  narrator.check(
    refused?.status === 400 && refused.code === "CONVERSATIONS_ALREADY_IN_FILE",
    "one that is there already is refused",
  );
  narrator.quote(`${refused?.status} ${refused?.code}\n${refused?.message}`);
  return trainingFile;
}

async function lookAsStranger(
  narrator: Narrator,
  endpoint: Endpoint,
  file: TrainingFile,
): Promise<void> {
  const stranger = await signUp(endpoint, "mallory@elsewhere.example", "Nowhere");
  const { response } = await stranger.client.functions.invoke(
    `training-files/${file.id}/download?format=json`,
    { method: "GET" },
  );
  await response?.body?.cancel();
  narrator.check(
    response?.status === 404,
    `${stranger.email} of another organisation asks for the file and is told that there is none`,
  );
}
