import type { Analytics } from "../../shared/training-files/analytics/analytics.ts";
import type { VersionDiff } from "../../shared/training-files/versions/diff.ts";
import type { Preview } from "../../shared/training-files/versions/preview.ts";
import { checkExport } from "./check-export.ts";
import { bar, type Narrator } from "./narrate.ts";
import { type DemoUser, get, invoke, refusal, signUp } from "./sign-up.ts";
import type { Endpoint } from "./stack-process.ts";

interface TrainingFile {
  id: string;
  version: number;
  conversation_count: number;
  total_training_pairs: number;
}

interface Download {
  download_url: string;
  filename: string;
  size_bytes: number;
  sha256: string;
}

interface Version {
  version: number;
  change: string;
  conversation_count: number;
  total_training_pairs: number;
}

const samples = new URL("../../samples/conversations/", import.meta.url);
const formats = [
  "json",
  "jsonl",
  "openai",
  "messages",
  "sharegpt",
  "alpaca",
  "trl",
  "llamafactory",
  "axolotl",
];

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

async function downloadAll(
  narrator: Narrator,
  user: DemoUser,
  file: TrainingFile,
  preview: Preview,
  output: URL,
): Promise<void> {
  await Deno.mkdir(output, { recursive: true });
  for (const format of formats) {
    const { download_url, filename, size_bytes, sha256 } = await get<Download>(
      user,
      `training-files/${file.id}/download?format=${format}`,
    );
    // A signed URL needs no key and no session.
    const answer = await fetch(download_url);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const name = `${format}-${filename}`.replaceAll(" ", "-").toLowerCase();
    await Deno.writeFile(new URL(name, output), bytes);
    const { rows, problems } = checkExport(format, bytes);
    const expected = preview.formats[format]?.rows;
    const isWhole = answer.ok && bytes.byteLength === size_bytes &&
      await hexSha256(bytes) === sha256 &&
      (format !== "jsonl" || rows === file.total_training_pairs);
    narrator.check(
      isWhole && rows === expected && problems.length === 0,
      `${format.padEnd(12)} ${String(rows).padStart(3)} rows ${
        String(size_bytes).padStart(7)
      } bytes  sha256 ${sha256.slice(0, 12)}…`,
    );
    for (const problem of problems) narrator.quote(problem);
  }
}

async function showAnalytics(
  narrator: Narrator,
  user: DemoUser,
  file: TrainingFile,
): Promise<void> {
  const { analytics } = await get<{ analytics: Analytics }>(
    user,
    `training-files/${file.id}/analytics`,
  );
  const { balance, quality, tokens } = analytics;
  const tables = [
    ["persona", balance.persona],
    ["emotional arc", balance.emotional_arc],
    ["training topic", balance.training_topic],
  ] as const;
  for (const [title, { shares, entropy }] of tables) {
    console.log(`\n          ${title} (entropy ${entropy.toFixed(2)})`);
    for (const { key, count, share } of shares) printRow(key, share, String(count));
  }
  console.log(`\n          quality (mean ${quality.avg}, ${quality.min} to ${quality.max})`);
  for (const { from, to, count } of quality.histogram) {
    printRow(
      `${from.toFixed(1)} – ${to.toFixed(1)}`,
      count / analytics.conversation_count,
      `${count}`,
    );
  }
  const { total } = tokens.per_conversation;
  console.log(`\n          tokens a conversation (${tokens.encoding})`);
  for (const [name, count] of Object.entries(total)) {
    printRow(name, count / Math.max(1, total.max), String(count));
  }
  console.log();
  const counted = balance.persona.shares.reduce((sum, { count }) => sum + count, 0);
  narrator.check(
    counted === file.conversation_count && balance.persona.shares.length === 3 &&
      balance.emotional_arc.shares.length === 3 && balance.training_topic.shares.length === 4,
    "three personas, three arcs, four topics; every conversation is counted",
  );
}

function printRow(label: string, share: number, value: string): void {
  console.log(`          ${label.padEnd(28)} ${bar(share)} ${value.padStart(5)}`);
}

async function showVersions(
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

async function hexSha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
