import type { Preview } from "../../shared/training-files/versions/preview.ts";
import { checkExport } from "./check-export.ts";
import type { Narrator } from "./narrate.ts";
import { type DemoUser, get } from "./sign-up.ts";
import type { TrainingFile } from "./training-file.ts";

interface Download {
  download_url: string;
  filename: string;
  size_bytes: number;
  sha256: string;
}

/** All formats that a file can be downloaded in. */
export const formats = [
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

/** Downloads a file in every format to `output` and holds each to its consumer's rules. */
export async function downloadAll(
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

async function hexSha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
