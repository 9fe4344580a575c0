import { createClient } from "@supabase/supabase-js";
import { parseArgs } from "node:util";
import type { Database } from "../shared/database.types.ts";
import { ApiError } from "../shared/errors.ts";
import { type Command, commands } from "./jobs/commands.ts";
import { printTable } from "./jobs/print-table.ts";

const help = `Usage: npm run jobs -- <command> [options]

  status                       health, lanes, and the jobs of each kind
  dead     [filter]            jobs that have failed for good, and why; the newest 100
  retry    <filter>            queue dead jobs again, with all their attempts
  cancel   <filter>            cancel open jobs; workers that hold them let go
  pause    LANE [--for MIN]    claim no job of a lane, until it is resumed or for so many minutes
  resume   LANE                claim them again
  drain    [WORKER]            let a worker, or all that run now, finish what they hold and end

A filter names at least one of
  --id ID (more than once), --org UUID, --lane LANE, --kind KIND, --code CODE

  --url URL    project (default SUPABASE_URL, else http://127.0.0.1:54321)
  --key KEY    secret key (default SUPABASE_SECRET_KEY)
  --json       one line of JSON instead of tables
  --help       show this`;

function fail(message: string): never {
  console.error(`${message}\n\nnpm run jobs -- --help says more`);
  Deno.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      args: Deno.args,
      allowPositionals: true,
      options: {
        id: { type: "string", multiple: true },
        org: { type: "string" },
        lane: { type: "string" },
        kind: { type: "string" },
        code: { type: "string" },
        for: { type: "string" },
        url: { type: "string", default: Deno.env.get("SUPABASE_URL") ?? "http://127.0.0.1:54321" },
        key: { type: "string", default: Deno.env.get("SUPABASE_SECRET_KEY") ?? "" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return fail((error as Error).message);
  }
}

const { values, positionals: [name = "", ...rest] } = readOptions();
if (values.help) {
  console.log(help);
  Deno.exit(0);
}
const command: Command | undefined = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (!command) fail(name ? `There is no command ${name}` : "Which command?");
if (!values.key) fail("Give the secret key with --key or in SUPABASE_SECRET_KEY");
if (rest.length > 1) fail(`One argument at most: ${rest.join(" ")}`);

const client = createClient<Database>(values.url, values.key, { auth: { persistSession: false } });
const { id, org, lane, kind, code } = values;
try {
  const result = await command(client, {
    target: rest[0],
    minutes: values.for,
    filter: {
      ...(id && { job_ids: id }),
      ...(org && { org_id: org }),
      ...(lane && { lane }),
      ...(kind && { kind }),
      ...(code && { code }),
    },
  });
  if (values.json) console.log(JSON.stringify(result));
  else for (const [title, rows] of Object.entries(result)) printTable(title, rows);
} catch (error) {
  const hint = error instanceof ApiError && error.hint ? `. ${error.hint}` : "";
  console.error(`${(error as Error).message}${hint}`);
  Deno.exit(1);
}
