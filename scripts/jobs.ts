import { ApiError } from "../shared/errors.ts";
import { assertUsage, type Command, type CommandInput, commands } from "./jobs/commands.ts";
import { printTable } from "./jobs/print-table.ts";
import { UsageError } from "./jobs/usage-error.ts";
import { failUsage } from "./support/fail-usage.ts";
import { createOperatorClient, operatorOptions } from "./support/operator-client.ts";
import { readCommandLine } from "./support/read-command-line.ts";

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

const { values, positionals: [name = "", ...rest] } = readCommandLine(help, {
  id: { type: "string", multiple: true },
  org: { type: "string" },
  lane: { type: "string" },
  kind: { type: "string" },
  code: { type: "string" },
  for: { type: "string" },
  ...operatorOptions,
  json: { type: "boolean", default: false },
}, { takesArguments: true });
const command: Command | undefined = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (!command) failUsage(help, name ? `There is no command ${name}` : "Which command?");
if (rest.length > 1) failUsage(help, `One argument at most: ${rest.join(" ")}`);

const client = createOperatorClient(help, values);
const { id, org, lane, kind, code } = values;
const input: CommandInput = {
  target: rest[0],
  minutes: values.for,
  filter: {
    ...(id && { job_ids: id }),
    ...(org && { org_id: org }),
    ...(lane && { lane }),
    ...(kind && { kind }),
    ...(code && { code }),
  },
};
try {
  assertUsage(command, input);
  const result = await command.run(client, input);
  if (values.json) console.log(JSON.stringify(result));
  else for (const [title, rows] of Object.entries(result)) printTable(title, rows);
} catch (error) {
  if (error instanceof UsageError) failUsage(help, `${name}: ${error.message}`);
  const hint = error instanceof ApiError && error.hint ? `. ${error.hint}` : "";
  console.error(`${(error as Error).message}${hint}`);
  Deno.exit(1);
}
