import { Embedder } from "./embedder.ts";
import { exitWithParent } from "./exit-with-parent.ts";
import { createHandler } from "./handler.ts";
import { HELP, type Options, parseOptions } from "./options.ts";
import { loadSentenceEncoder, type SentenceEncoder } from "./sentence-encoder.ts";
import { serve } from "./serve.ts";
import { Reader } from "./vision/reader.ts";

/** Listens, says so on standard output, and only then loads the model: requests wait for it. */
async function main(options: Options): Promise<void> {
  if (options.help) return console.log(HELP.trimEnd());
  exitWithParent();
  const encoder = Promise.withResolvers<SentenceEncoder>();
  const models = { embedder: new Embedder(encoder.promise), reader: new Reader() };
  const { port } = await serve(createHandler(models), options.port);
  console.log(JSON.stringify({ event: "ready", url: `http://127.0.0.1:${port}/v1` }));
  encoder.resolve(await loadSentenceEncoder());
}

function fail(error: unknown, code: number): never {
  console.error("model server:", error instanceof Error ? error.message : error);
  Deno.exit(code);
}

function readOptions(): Options {
  try {
    return parseOptions(Deno.args);
  } catch (error) {
    return fail(error, 2);
  }
}

try {
  await main(readOptions());
} catch (error) {
  fail(error, 1);
}
