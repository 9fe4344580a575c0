import { parseArgs, parseEnv } from "node:util";
import { log } from "./log.ts";
import { type Stack, startStack } from "./stack.ts";

const help = `Usage: npm start -- [options]

Serves auth, REST, storage and every edge function on one port, without Docker and without keys.

  --port N     port on 127.0.0.1 (default 54321; 0 takes a free one)
  --data DIR   where database, objects and keys are kept (default .maestro)
  --memory     keep nothing
  --db URL     use this PostgreSQL 17 with pgvector; objects and keys stay in --data
  --no-cron    run no cron jobs; enqueued jobs still wake the worker
  --json       print one line of JSON when ready, and nothing else, on stdout
  --help       show this

Reads .env for the environment of the functions (see .env.example).`;

function readOptions() {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: {
        port: { type: "string", default: "54321" },
        data: { type: "string" },
        memory: { type: "boolean", default: false },
        db: { type: "string" },
        "no-cron": { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.memory && values.data) throw new Error("--memory and --data exclude each other");
    if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65535) {
      throw new Error(`--port takes a number from 0 to 65535, not ${values.port}`);
    }
    return values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${help}`);
    Deno.exit(2);
  }
}

async function readEnvFile(): Promise<Record<string, string>> {
  try {
    return parseEnv(await Deno.readTextFile(".env")) as Record<string, string>;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

function announce(stack: Stack, json: boolean): void {
  const { url, keys, data, database } = stack;
  if (json) {
    console.log(JSON.stringify({
      event: "ready",
      url,
      publishable_key: keys.publishableKey,
      secret_key: keys.secretKey,
      cron_key: keys.cronKey,
      db: database.kind,
      data,
    }));
    return;
  }
  console.log(`Maestro is ready.

  URL              ${url}
  publishable key  ${keys.publishableKey}
  secret key       ${keys.secretKey}
  cron key         ${keys.cronKey}
  database         ${database.kind}
  data             ${data}

Ctrl-C stops it.`);
}

const options = readOptions();
if (options.help) {
  console.log(help);
  Deno.exit(0);
}
const starting = startStack({
  port: Number(options.port),
  data: options.memory ? null : options.data ?? ".maestro",
  databaseUrl: options.db,
  cron: !options["no-cron"],
  reload: true,
  env: await readEnvFile(),
});
for (const name of ["SIGINT", "SIGTERM"] as const) {
  let stopping = false;
  Deno.addSignalListener(name, async () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => Deno.exit(1), 4800);
    await (await starting).stop();
    Deno.exit(0);
  });
}

try {
  announce(await starting, options.json);
} catch (error) {
  log("start", (error as Error).message);
  Deno.exit(1);
}
