import { fileURLToPath } from "node:url";
import { z } from "zod";

const main = fileURLToPath(new URL("../../../../local/model-server/main.ts", import.meta.url));

/** What deno is called with for the model server, without the server's own arguments. */
export const ARGS = ["run", "-A", "--node-modules-dir=manual", main];

/** The line that the server prints when it is ready. */
export const Ready = z.strictObject({ event: z.literal("ready"), url: z.url() });

/** Starts the server. Its standard input is a pipe that stays open: with none it would end at once. */
export function start(port = "0", stderr: "inherit" | "piped" = "inherit"): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [...ARGS, "--port", port],
    stdin: "piped",
    stdout: "piped",
    stderr,
  }).spawn();
}

/** What the process prints on standard output, line by line, until that ends. */
export async function* readLines(child: Deno.ChildProcess): AsyncGenerator<string, undefined> {
  let rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** Waits until the server is ready; throws when its first line says something else. */
export async function readReady(child: Deno.ChildProcess): Promise<z.infer<typeof Ready>> {
  const line = await readLines(child).next();
  return Ready.parse(JSON.parse(line.value ?? ""));
}

/** Asks for embeddings as any client of OpenAI's format does. */
export function post(base: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(`${base}/embeddings`, { method: "POST", body: JSON.stringify(body), signal });
}
