import { signUp } from "../scripts/demo/sign-up.ts";
import { createCluster } from "../scripts/support/postgres-cluster.ts";
import { startStack } from "../local/stack.ts";
import { countAtOnce } from "../tests/support/count-at-once.ts";
import { addCrop, createDrawing } from "../tests/support/crops.ts";
import { startEmbeddingServer } from "../tests/support/embedding-server.ts";
import { startVisionServer, visionEnv } from "../tests/support/vision-server.ts";
import { addressOf } from "../tests/support/user.ts";
import { type Bench, benchRow, median } from "./bench.ts";

const cropCount = 100;
const providerMs = 200;
const atOnce = 3;
const runs = 3;

/** A hundred crops through the whole path, with a provider that takes 200 ms: how much is added. */
export const benchPass2: Bench = async ({ say, describe }) => {
  describe({ database: "postgres" });
  await using cleanup = new AsyncDisposableStack();
  const cluster = await createCluster();
  cleanup.defer(() => cluster.destroy());
  const vision = startVisionServer();
  cleanup.use(vision);
  const seen = countAtOnce(vision, providerMs);
  const embeddings = startEmbeddingServer();
  cleanup.use(embeddings);
  const stack = await startStack({
    port: 0,
    data: null,
    cron: true,
    databaseUrl: cluster.url,
    env: {
      EMBEDDING_BASE_URL: embeddings.url,
      EMBEDDING_MODEL: "bench",
      ...visionEnv(vision),
    },
  });
  cleanup.defer(() => stack.stop());
  const user = await signUp(
    { url: stack.url, publishable_key: stack.keys.publishableKey },
    "pass2@maestro.example",
    "Pass 2",
  );
  const drawing = await createDrawing({ ...user, stack: addressOf(stack), accessToken: "" });
  const ideal = cropCount / atOnce * providerMs / 1000;
  const seconds: number[] = [];
  for (let run = 1; run <= runs; run++) {
    await stack.database.query("select private.pause_lane('pass2', 'infinity')");
    for (let made = 0; made < cropCount; made++) {
      await addCrop({ ...user, stack: addressOf(stack), accessToken: "" }, drawing);
    }
    const startedAt = performance.now();
    await stack.database.query("select private.pause_lane('pass2', null)");
    await untilAllAreRead(stack.database);
    seconds.push((performance.now() - startedAt) / 1000);
    say(`${cropCount} crops in ${seconds.at(-1)!.toFixed(2)} s`);
  }
  return [
    benchRow({
      scenario: `${cropCount} crops, a provider that takes ${providerMs} ms, ${atOnce} at once`,
      unit: "s",
      ours: median(seconds),
      peer: ideal,
      peer_name: "the provider alone",
      spread: `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)} s`,
      bar: { most: 1.15 },
    }),
    benchRow({
      scenario: "the same: the most calls at once",
      unit: "calls",
      ours: seen.most,
      peer: null,
      peer_name: "absolute",
      bar: { most: atOnce },
    }),
  ];
};

async function untilAllAreRead(database: {
  query<T extends Record<string, unknown>>(statement: string): Promise<T[]>;
}): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ failed: number; left: number }>(
      `select count(*) filter (where enrichment_status = 'failed')::integer as failed,
         count(*) filter (where enrichment_status <> 'complete')::integer as left
       from public.pointers`,
    );
    if (row!.failed > 0) throw new Error(`${row!.failed} crops have failed`);
    if (row!.left === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
