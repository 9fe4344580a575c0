import { EXPORT_FORMATS } from "../../shared/training-files/exports/formats.ts";
import { get, invoke } from "../../scripts/demo/sign-up.ts";
import { type BenchRow, benchRow } from "../bench.ts";
import type { BenchStack } from "./bench-stack.ts";
import { countLost } from "./count-lost.ts";
import { type FolderConversation, readFolder } from "./read-folder.ts";
import { repliesOf } from "./replies-of.ts";

/** The most conversations of one request. */
const maxPerRequest = 80;
const formats = ["json", "jsonl", ...Object.keys(EXPORT_FORMATS)] as (keyof typeof extensions)[];
const extensions = {
  json: { extension: "json" },
  jsonl: { extension: "jsonl" },
  ...EXPORT_FORMATS,
};

/**
 * Takes a folder the whole way as a browser does: upload, rows, a file, adds (jobs, beyond 80),
 * every format through its signed URL; counts the replies that a download lacks and that no row of
 * the report names.
 */
export async function benchFolder(
  bench: BenchStack,
  folder: URL,
  name: string,
  say: (text: string) => void,
): Promise<BenchRow> {
  const startedAt = performance.now();
  const conversations = await readFolder(folder);
  await bringIn(bench, conversations);
  const fileId = await buildFile(bench, conversations.map(({ id }) => id));
  const excluded = await readExcluded(bench, fileId);
  const replies = conversations.flatMap(({ id, bytes }) => repliesOf(id, bytes))
    .filter(({ conversation_id, pair_id }) => !excluded.has(`${conversation_id} ${pair_id}`));
  let lost = 0;
  for (const format of formats) {
    const query = `format=${format}${format === "jsonl" ? "&meta=false" : ""}`;
    const { download_url } = await get<{ download_url: string }>(
      bench.user,
      `training-files/${fileId}/download?${query}`,
    );
    const bytes = new Uint8Array(await (await fetch(download_url)).arrayBuffer());
    const isZip = extensions[format].extension === "zip";
    lost += countLost(bytes, replies, {
      isZip,
      isPair: ["jsonl", "alpaca", "trl"].includes(format),
    });
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  say(`${conversations.length} conversations of ${name} over HTTP in ${seconds} s: ${lost} lost`);
  return benchRow({
    scenario:
      `replies of ${name} lost on the way from upload to download, ${formats.length} formats`,
    unit: "replies",
    ours: lost,
    peer: null,
    peer_name: "",
    bar: { most: 0 },
  });
}

async function bringIn({ user }: BenchStack, conversations: FolderConversation[]) {
  const { client, id: userId, orgId } = user;
  const pathOf = (id: string) => `${userId}/${id}/enriched.json`;
  for (let start = 0; start < conversations.length; start += 10) {
    await Promise.all(
      conversations.slice(start, start + 10).map(async ({ id, bytes }) => {
        const { error } = await client.storage.from("conversation-files")
          .upload(pathOf(id), bytes, { contentType: "application/json" });
        if (error) throw error;
      }),
    );
  }
  const { error } = await client.from("conversations").insert(conversations.map(({ id }) => ({
    org_id: orgId,
    conversation_id: id,
    enriched_file_path: pathOf(id),
    enrichment_status: "completed",
  })));
  if (error) throw error;
}

async function buildFile({ user }: BenchStack, ids: string[]): Promise<string> {
  const { trainingFile: { id } } = await invoke<{ trainingFile: { id: string } }>(
    user,
    "training-files",
    { name: `Folder ${crypto.randomUUID()}`, conversation_ids: ids.slice(0, maxPerRequest) },
  );
  await waitForBuild(user, id);
  for (let start = maxPerRequest; start < ids.length; start += maxPerRequest) {
    await invoke(user, `training-files/${id}/add-conversations`, {
      conversation_ids: ids.slice(start, start + maxPerRequest),
    });
    await waitForBuild(user, id);
  }
  return id;
}

async function waitForBuild(user: BenchStack["user"], id: string): Promise<void> {
  while (true) {
    const { build } = await get<{ build: { state: string } }>(user, `training-files/${id}/build`);
    if (build.state === "published") return;
    if (build.state !== "building") throw new Error("the build failed", { cause: build });
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function readExcluded({ user }: BenchStack, id: string): Promise<Set<string>> {
  const { trainingFile } = await get<{ trainingFile: { version: number } }>(
    user,
    `training-files/${id}`,
  );
  const { report } = await get<
    { report: { rows: { conversation_id: string; pair_id: string | null; excluded: boolean }[] } }
  >(user, `training-files/${id}/versions/${trainingFile.version}/report`);
  return new Set(
    report.rows.filter((row) => row.excluded)
      .map((row) => `${row.conversation_id} ${row.pair_id}`),
  );
}
