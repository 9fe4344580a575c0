import { cpus, totalmem } from "node:os";
import type { Bench, BenchRow } from "../bench/bench.ts";
import { benchAttackLoad } from "../bench/attack-load.ts";
import { benchDocuments } from "../bench/documents.ts";
import { benchJobs } from "../bench/jobs.ts";
import { benchPass2 } from "../bench/pass2.ts";
import { benchSearch } from "../bench/search.ts";
import { benchTrainingFiles } from "../bench/training-files.ts";
import { failUsage } from "./support/fail-usage.ts";
import { readCommandLine } from "./support/read-command-line.ts";

const help =
  `Usage: npm run bench -- [attack-load|documents|jobs|pass2|search|training-files] [options]

Measures Maestro beside its peers, on a stack that keeps nothing. All benches when none is named.

  attack-load       reading while a hundred bad requests are in flight, on a throw-away PostgreSQL
                    server; about a minute and a half
  documents         reading and cutting documents beside the libraries bare and LangChain's
                    splitters; the worker's memory over 200 MB of documents, on a throw-away
                    PostgreSQL server; about eight minutes
  jobs              the job engine beside pgmq, graphile-worker and pg-boss, on the PostgreSQL
                    server of DATABASE_URL or a throw-away one; about six minutes
  pass2             a hundred crops through the whole path beside what the provider takes
  search            search beside the functions of Supabase's guides and LangChain's store, on such
                    a server; about five minutes
  training-files    building training files beside the obvious implementation, on such a server;
                    about four minutes

  --dir DIR   training-files: also look for lost rows in a folder (*.json, each an enriched
              conversation, or a list of exchanges as in the set retail-banking-advisor)
  --embedded  training-files: on PGlite, which serves one request after the other
  --rows N    search: over so many chunks instead of 100000
  --json      one line of JSON a bench on stdout instead of a table; what happens goes to stderr
  --help      show this

Prints the figures whether they meet their bars or not; exits with 1 if one does not.`;

const benches: Record<string, Bench> = {
  "attack-load": benchAttackLoad,
  documents: benchDocuments,
  jobs: benchJobs,
  pass2: benchPass2,
  search: benchSearch,
  "training-files": benchTrainingFiles,
};

function printTable(rows: BenchRow[]): void {
  for (const { scenario, unit, ours, peer, peer_name, spread, ratio, bar, ok } of rows) {
    console.log(`\n${ok ? "ok  " : "FAIL"} ${scenario}`);
    const beside = peer === null ? "" : `, beside ${peer} (${peer_name})`;
    console.log(`     ${ours} ${unit}${beside}: ${ratio}, bar ${bar}`);
    if (spread) console.log(`     ${spread}`);
  }
}

const { values: options, positionals } = readCommandLine(help, {
  dir: { type: "string" },
  embedded: { type: "boolean", default: false },
  rows: { type: "string" },
  json: { type: "boolean", default: false },
}, { takesArguments: true });
const names = positionals.length > 0 ? positionals : Object.keys(benches);
const unknown = names.find((name) => !Object.hasOwn(benches, name));
if (unknown !== undefined) failUsage(help, `There is no bench ${unknown}`);
if (options.rows !== undefined && !/^[1-9]\d{0,7}$/.test(options.rows)) {
  failUsage(help, "--rows takes a number");
}
const machine = {
  deno: Deno.version.deno,
  os: `${Deno.build.os} ${Deno.build.arch}`,
  cpu: cpus()[0]?.model ?? "",
  cpus: cpus().length,
  memory_gb: Math.round(totalmem() / 1e9),
};
let areAllOk = true;
for (const bench of names) {
  let environment: Record<string, string | number> = machine;
  const rows = await benches[bench]!({
    dir: options.dir,
    isEmbedded: options.embedded,
    ...(options.rows && { rows: Number(options.rows) }),
    say: (text) => console.error(text),
    describe: (further) => {
      environment = { ...environment, ...further };
    },
  });
  if (options.json) console.log(JSON.stringify({ bench, environment, rows }));
  else {
    console.log(Object.entries(environment).map(([name, value]) => `${name} ${value}`).join(", "));
    printTable(rows);
  }
  areAllOk &&= rows.every((row) => row.ok);
}
Deno.exit(areAllOk ? 0 : 1);
