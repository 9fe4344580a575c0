import { parseEnv } from "node:util";
import { evalRetrieval, type RetrievalResult } from "../eval/retrieval.ts";
import { SetError } from "../eval/retrieval/read-set.ts";
import { runPass2 } from "./eval/run-pass2.ts";
import { failUsage } from "./support/fail-usage.ts";
import { readCommandLine } from "./support/read-command-line.ts";

const help = `Usage: npm run eval -- retrieval --dir DIR [options]
       npm run eval -- pass2 --dir DIR [options]     how well drawings are read: see its --help

Measures how well the documents of a folder are found, on a stack that keeps nothing.

  retrieval     docs.jsonl {id, title?, text}, queries.jsonl {id, text} and qrels.tsv
                (question, document, grade), as BEIR lays them out: a user signs up, uploads the
                documents, has them trained by the worker and searches them by text, by vector and
                by both. Beside it, on the same chunks: BM25 in SQL, and match_documents and
                hybrid_search of Supabase's guides.

  --dir DIR     folder of the set, for instance samples/retrieval
  --limit N     ask the first N questions only; all documents are loaded
  --db URL      make the database on this PostgreSQL 17 with pgvector (superuser), and drop it
  --native      make a throw-away PostgreSQL 17 server, as npm run test:postgres does
  --variant S   also hybrid with other search settings, for instance fusion=ranks or
                lead_power=0,meaning_weight=0.7,words_weight=0.3; any number of times
  --env FILE    environment of the functions, for instance .env: measures your embedding model
  --json        one line of JSON on stdout instead of a table; what happens goes to stderr
  --help        show this

Prints the figures whether they meet their bars or not; exits with 1 if one does not.`;

async function readEnv(file: string): Promise<Record<string, string>> {
  try {
    return parseEnv(await Deno.readTextFile(file)) as Record<string, string>;
  } catch {
    return failUsage(help, `${file} cannot be read`);
  }
}

function printTable({ environment, set, rows, bars }: RetrievalResult): void {
  console.log(
    `${set.dir}: ${set.documents} documents, ${set.chunks} chunks, ${set.queries} questions; ` +
      `${environment.embedding_model} on ${environment.database}`,
  );
  const width = Math.max(...rows.map(({ name }) => name.length));
  console.log(`\n${"".padEnd(width)}  nDCG@10  recall@10  recall@100    MRR`);
  for (const { name, ndcg_at_10, recall_at_10, recall_at_100, mrr } of rows) {
    const figures = [[ndcg_at_10, 7], [recall_at_10, 9], [recall_at_100, 10], [mrr, 5]] as const;
    const cells = figures.map(([figure, size]) => figure.toFixed(3).padStart(size));
    console.log([name.padEnd(width), ...cells].join("  "));
  }
  console.log();
  for (const { bar, difference, ok } of bars) {
    console.log(
      `${ok ? "ok  " : "FAIL"} ${bar}: ${difference >= 0 ? "+" : ""}${difference.toFixed(3)}`,
    );
  }
}

if (Deno.args[0] === "pass2") Deno.exit(await runPass2(Deno.args.slice(1)));
const { values: options, positionals: names } = readCommandLine(help, {
  dir: { type: "string" },
  limit: { type: "string" },
  db: { type: "string" },
  native: { type: "boolean", default: false },
  variant: { type: "string", multiple: true, default: [] },
  env: { type: "string" },
  json: { type: "boolean", default: false },
}, { takesArguments: true });
const { dir, db, native, limit } = options;
if (names.join() !== "retrieval") {
  failUsage(help, "Which evaluation? There are retrieval and pass2");
}
if (!dir) failUsage(help, "Name the folder of the set with --dir");
if (db && native) failUsage(help, "--db and --native exclude each other");
if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit)) {
  failUsage(help, "--limit takes a number from 1");
}
const env = options.env ? await readEnv(options.env) : {};
try {
  const result = await evalRetrieval({
    dir,
    limit: limit === undefined ? undefined : Number(limit),
    variants: options.variant,
    database: db ? { url: db } : native ? "native" : "embedded",
    env,
    say: (text) => console.error(text),
  });
  if (options.json) console.log(JSON.stringify(result));
  else printTable(result);
  Deno.exit(result.bars.every(({ ok }) => ok) ? 0 : 1);
} catch (error) {
  if (error instanceof SetError || error instanceof RangeError) failUsage(help, error.message);
  console.error(error);
  Deno.exit(1);
}
