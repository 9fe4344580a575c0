import { invoke } from "../../scripts/demo/sign-up.ts";
import { type BenchRow, benchRow, median } from "../bench.ts";
import { type BenchStack, makeConversations } from "./bench-stack.ts";

interface Created {
  trainingFile: { id: string; json_file_path: string; jsonl_file_path: string };
}

/** Creating a file over HTTP, beside downloading its sources and uploading its bytes alone. */
export async function benchCreate(bench: BenchStack): Promise<BenchRow> {
  const ours: number[] = [];
  const peer: number[] = [];
  // The first one finds everything cold.
  for (let run = 0; run < 4; run++) {
    const { ids, paths } = await makeConversations(bench, 80, 56_000);
    const { ms, value } = await timed(() =>
      invoke<Created>(bench.user, "training-files", {
        name: `create ${run}`,
        conversation_ids: ids,
      })
    );
    const products = await readProducts(bench, value.trainingFile);
    const copied = await timed(() => copy(bench, paths, products));
    if (run === 0) continue;
    ours.push(ms);
    peer.push(copied.ms);
  }
  return benchRow({
    scenario: "create a file of 80 conversations of 56 kB, end to end",
    unit: "ms",
    ours: median(ours),
    peer: median(peer),
    peer_name: "download the same objects, upload the same bytes",
    bar: { most: 3 },
  });
}

async function readProducts({ admin }: BenchStack, file: Created["trainingFile"]) {
  const paths = [
    file.json_file_path,
    file.jsonl_file_path,
    file.json_file_path.replace("training.json", "manifest.json"),
  ];
  return await Promise.all(paths.map(async (path) => {
    const { data, error } = await admin.storage.from("training-files").download(path);
    if (error) throw error;
    return { path: `copies/${path}`, body: await data.arrayBuffer(), type: "application/json" };
  }));
}

async function copy(
  { admin }: BenchStack,
  sources: string[],
  products: { path: string; body: ArrayBuffer; type: string }[],
): Promise<void> {
  for (let start = 0; start < sources.length; start += 20) {
    await Promise.all(
      sources.slice(start, start + 20).map(async (path) => {
        const { data, error } = await admin.storage.from("conversation-files").download(path);
        if (error) throw error;
        await data.arrayBuffer();
      }),
    );
  }
  await Promise.all(products.map(async ({ path, body, type }) => {
    const { error } = await admin.storage.from("training-files")
      .upload(path, body, { contentType: type });
    if (error) throw error;
  }));
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const startedAt = performance.now();
  const value = await work();
  return { ms: performance.now() - startedAt, value };
}
