import { parseArgs } from "node:util";
import { z } from "zod";

/** What the model server is started with. Port 0 lets the system choose a free one. */
export const Options = z.strictObject({
  port: z.coerce.number().int().min(0).max(65535).default(0),
  help: z.boolean().default(false),
});
export type Options = z.infer<typeof Options>;

/** The text of `--help`. */
export const HELP =
  `Local model server: OpenAI's embeddings and responses on 127.0.0.1, with models that run here.

Usage: deno run -A --node-modules-dir=manual local/model-server/main.ts [--port N]

  --port N   port to listen on; 0, the default, takes a free one
  --help     print this text

  GET  /v1/models
  POST /v1/embeddings   model universal-sentence-encoder-lite; dimensions 512 to 16000, 1024 if not
                        given: the model has 512, the rest is zeros, which change no cosine
  POST /v1/responses    model tesseract-eng; reads one PNG image, given as a data URL, and answers in
                        the schema of a drawing (shared/enrichment/reading.ts) or of a page
                        (shared/knowledge/page-reading.ts), or in plain text

When it listens it prints one line: {"event":"ready","url":"http://127.0.0.1:PORT/v1"}.
It exits when its standard input ends (so it cannot outlive its parent), on SIGTERM and on SIGINT.
`;

/** Reads the command line. Throws when an argument is unknown or the port is no port. */
export function parseOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: { port: { type: "string" }, help: { type: "boolean" } },
  });
  const parsed = Options.safeParse(values);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return parsed.data;
}
