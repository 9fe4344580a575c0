import { fileURLToPath } from "node:url";
import { startStack } from "../../local/stack.ts";
import { createCluster } from "../../scripts/support/postgres-cluster.ts";
import { type DemoUser, signUp } from "../../scripts/demo/sign-up.ts";
import type { BenchOptions, BenchRow } from "../bench.ts";
import { benchRow } from "../bench.ts";
import { startEmbeddingServer } from "../../tests/support/embedding-server.ts";
import { makeMixedDocuments, type MixedDocument } from "./mixed-documents.ts";

const roundsOfAll = 6;
/** Text of 10 MB, the most that a document may have, in so many of the rounds. */
const roundsOfText = 2;
const dimensions = 1024;

/** Memory of `npm run worker` while it trains 200 MB of documents, one after another. */
export async function benchWorkerMemory(
  { say }: Pick<BenchOptions, "say">,
  rounds = roundsOfAll,
): Promise<BenchRow[]> {
  await using cleanup = new AsyncDisposableStack();
  const cluster = await createCluster();
  cleanup.defer(() => cluster.destroy());
  const provider = startEmbeddingServer();
  cleanup.use(provider);
  provider.answer = ({ texts, model }) => {
    provider.calls.length = 0;
    return answerAtOnce(texts.length, model);
  };
  const stack = await startStack({ port: 0, data: null, cron: false, databaseUrl: cluster.url });
  cleanup.defer(() => stack.stop());
  // Nobody else is woken: what is trained, the worker under measurement has trained.
  await stack.database.query("update vault.secrets set secret = '' where name = 'cron_secret_key'");
  const user = await signUp(
    { url: stack.url, publishable_key: stack.keys.publishableKey },
    "memory@maestro.example",
    "Memory",
  );
  const worker = startWorker(stack.url, stack.keys.secretKey, provider.url);
  cleanup.defer(async () => {
    worker.kill("SIGTERM");
    await worker.status;
  });
  const documents = makeMixedDocuments();
  const peaks: number[] = [];
  let bytes = 0;
  for (let round = 0; round < rounds; round++) {
    let peak = 0;
    const some = round % Math.ceil(rounds / roundsOfText) === 0 ? documents : documents.slice(1);
    for (const document of some) {
      const memory = await train(user, document, worker.pid);
      bytes += document.bytes.length;
      say(`${document.name}: ${Math.round(memory)} MB`);
      peak = Math.max(peak, memory);
    }
    peaks.push(peak);
  }
  const half = Math.ceil(peaks.length / 2);
  const [first, last] = [Math.max(...peaks.slice(0, half)), Math.max(...peaks.slice(-half))];
  const scenario = `worker, ${Math.round(bytes / 1e6)} MB of txt, md, html, csv, docx and pdf`;
  const spread = `peak of each round: ${peaks.map(Math.round).join(", ")} MB`;
  const absolute = { peer: null, peer_name: "absolute", spread };
  return [
    benchRow({
      ...absolute,
      scenario: `${scenario}: peak of its memory`,
      unit: "MB resident",
      ours: Math.max(...peaks),
      bar: { most: 256 },
    }),
    benchRow({
      ...absolute,
      scenario: `${scenario}: second half by first`,
      unit: "of the peak",
      ours: last / first,
      bar: { most: 1.1 },
    }),
  ];
}

/** As `npm run worker` starts it. */
function startWorker(url: string, secretKey: string, providerUrl: string): Deno.ChildProcess {
  const root = new URL("../../", import.meta.url);
  const { scripts } = JSON.parse(Deno.readTextFileSync(new URL("package.json", root)));
  return new Deno.Command(Deno.execPath(), {
    args: scripts.worker.split(" ").slice(1),
    cwd: fileURLToPath(root),
    env: {
      SUPABASE_URL: url,
      SUPABASE_SECRET_KEY: secretKey,
      EMBEDDING_BASE_URL: providerUrl,
      EMBEDDING_MODEL: "bench",
    },
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
}

/** Trains a document to its end; the most memory that the process had meanwhile, in MB. */
async function train(
  { client, orgId }: DemoUser,
  { name, mimeType, bytes }: MixedDocument,
  pid: number,
): Promise<number> {
  const id = crypto.randomUUID();
  const path = `${orgId}/${id}/${name}`;
  const upload = await client.storage.from("documents").upload(path, bytes, {
    contentType: mimeType,
  });
  if (upload.error) throw upload.error;
  const row = await client.from("vault_documents")
    .insert({ id, org_id: orgId, title: name, storage_path: path, mime_type: mimeType });
  if (row.error) throw new Error("no row", { cause: row.error });
  const { data, error } = await client.functions.invoke("training-library/train-for-doc", {
    body: { orgId, vaultDocumentId: id },
  });
  if (error) throw error;
  let peak = 0;
  for (let polls = 0;; polls++) {
    peak = Math.max(peak, residentMb(pid));
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (polls % 10 > 0) continue;
    const { data: job } = await client.from("mono_training_jobs").select("status, error_message")
      .eq("id", data.job.id).single();
    if (job?.status === "completed") return peak;
    if (job?.status === "failed") throw new Error(`${name}: ${job.error_message}`);
  }
}

function residentMb(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024 / 1e6;
}

/** Vectors of the width that is stored; how they lie does not matter here. */
function answerAtOnce(count: number, model: string): Response {
  const embedding = Array.from({ length: dimensions }, () => Math.random() - 0.5);
  return Response.json({
    object: "list",
    model,
    data: Array.from({ length: count }, (_, index) => ({ object: "embedding", index, embedding })),
    usage: { prompt_tokens: count, total_tokens: count },
  });
}
