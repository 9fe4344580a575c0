import { pathToFileURL } from "node:url";
import type { Bench, BenchRow } from "./bench.ts";
import { startBenchStack } from "./training-files/bench-stack.ts";
import { benchCreate } from "./training-files/create-over-http.ts";
import { benchFolder } from "./training-files/folder-over-http.ts";
import { benchLargeJob } from "./training-files/large-job.ts";
import { benchLostRows } from "./training-files/lost-rows.ts";
import { benchObvious } from "./training-files/obvious.ts";

const samples = new URL("../samples/conversations/", import.meta.url);

/** The bars of training files, each beside its peer in this run. */
export const benchTrainingFiles: Bench = async ({ dir, isEmbedded, say, describe }) => {
  const database = isEmbedded ? "pglite" : "postgres";
  describe({ database });
  const rows: BenchRow[] = [await benchLostRows(samples, "the samples", say)];
  const folder = dir && new URL(`${pathToFileURL(dir).href.replace(/\/$/, "")}/`);
  if (folder) rows.push(await benchLostRows(folder, dir, say));
  const bench = await startBenchStack(database);
  try {
    if (folder) rows.push(await benchFolder(bench, folder, dir, say));
    rows.push(await benchCreate(bench));
    rows.push(...await benchObvious(bench, say));
    rows.push(...await benchLargeJob(bench, say));
  } finally {
    await bench.stop();
  }
  return rows;
};
