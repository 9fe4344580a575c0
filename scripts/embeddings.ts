import { ApiError } from "../shared/errors.ts";
import { unwrap } from "../shared/unwrap.ts";
import { printTable } from "./jobs/print-table.ts";
import { failUsage } from "./support/fail-usage.ts";
import { createOperatorClient, operatorOptions } from "./support/operator-client.ts";
import { readCommandLine } from "./support/read-command-line.ts";

const help = `Usage: npm run embeddings -- <command> [options]

  status                      models in use, switches that are going on, and what holds them up
  switch --model NAME         embed everything with another model, and search with it once all is
                              done; of a switch that is going on, try again what has failed
  cancel                      call switches off: searches stay with the present model

  --org UUID   one organisation (default: all that have trained something)
  --url URL    project (default SUPABASE_URL, else http://127.0.0.1:54321)
  --key KEY    secret key (default SUPABASE_SECRET_KEY)
  --json       one line of JSON instead of tables
  --help       show this

The functions need the keys of both models until the switch is over: see docs/embeddings.md.`;

const { values, positionals: [command = "", ...rest] } = readCommandLine(help, {
  model: { type: "string" },
  org: { type: "string" },
  ...operatorOptions,
  json: { type: "boolean", default: false },
}, { takesArguments: true });
if (!["status", "switch", "cancel"].includes(command)) {
  failUsage(help, command ? `There is no command ${command}` : "Which command?");
}
if (rest.length > 0) failUsage(help, `${command} takes no argument: ${rest.join(" ")}`);
if (command === "switch" && !values.model) failUsage(help, "switch: It needs --model");
if (command !== "switch" && values.model) failUsage(help, `${command}: It does not take --model`);

const client = createOperatorClient(help, values);

async function run(): Promise<Record<string, unknown>> {
  const { org, model } = values;
  switch (command) {
    case "switch": {
      const switched = unwrap(
        await client.rpc("switch_embedding_model", {
          p_model: model!,
          ...(org && { p_org_id: org }),
        }),
      );
      return { switching: switched };
    }
    case "cancel":
      return {
        cancelled: unwrap(
          await client.rpc("cancel_embedding_switches", { ...(org && { p_org_id: org }) }),
        ),
      };
    default:
      return await readStatus(org);
  }
}

async function readStatus(org: string | undefined): Promise<Record<string, unknown>> {
  const models = unwrap(await client.from("embedding_models").select());
  const query = client.from("embedding_switches").select();
  const rows = unwrap(await (org ? query.eq("org_id", org) : query).order("org_id"));
  return {
    models,
    switches: rows.map(({ failures: _, ...row }) => row),
    failures: rows.flatMap(({ org_id, failures }) =>
      Array.isArray(failures)
        ? failures.map((failure) => ({ org_id, ...(failure as Record<string, unknown>) }))
        : []
    ),
  };
}

try {
  const result = await run();
  if (values.json) console.log(JSON.stringify(result));
  else for (const [title, rows] of Object.entries(result)) printTable(title, rows);
} catch (error) {
  const hint = error instanceof ApiError && error.hint ? `. ${error.hint}` : "";
  console.error(`${(error as Error).message}${hint}`);
  Deno.exit(1);
}
