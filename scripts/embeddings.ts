import { createClient } from "@supabase/supabase-js";
import { parseArgs } from "node:util";
import type { Database } from "../shared/database.types.ts";
import { ApiError } from "../shared/errors.ts";
import { unwrap } from "../shared/unwrap.ts";
import { printTable } from "./jobs/print-table.ts";

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

function fail(message: string): never {
  console.error(`${message}\n\n${help}`);
  Deno.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      args: Deno.args,
      allowPositionals: true,
      options: {
        model: { type: "string" },
        org: { type: "string" },
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

const { values, positionals: [command = "", ...rest] } = readOptions();
if (values.help) {
  console.log(help);
  Deno.exit(0);
}
if (!["status", "switch", "cancel"].includes(command)) {
  fail(command ? `There is no command ${command}` : "Which command?");
}
if (rest.length > 0) fail(`${command} takes no argument: ${rest.join(" ")}`);
if (command === "switch" && !values.model) fail("switch: It needs --model");
if (command !== "switch" && values.model) fail(`${command}: It does not take --model`);
if (!values.key) fail("Give the secret key with --key or in SUPABASE_SECRET_KEY");

const client = createClient<Database>(values.url, values.key, { auth: { persistSession: false } });

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
