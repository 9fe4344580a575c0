import { fileURLToPath } from "node:url";
import { startChild } from "./child-process.ts";
import { runCron } from "./cron/run-cron.ts";
import { analyzeGrown } from "./database/analyze-grown.ts";
import { type Database, openDatabase } from "./database/open-database.ts";
import { migrate, readMigrations } from "./database/migrate.ts";
import { hasPgCron, preparePlatform } from "./database/prepare-platform.ts";
import { setVaultSecrets } from "./database/set-vault-secrets.ts";
import {
  type Functions,
  repositoryFolders,
  superviseFunctions,
} from "./functions/supervise-functions.ts";
import { createGateway } from "./gateway/gateway.ts";
import { TokenExchange } from "./gateway/token-exchange.ts";
import { type Keys, loadKeys } from "./keys.ts";
import { serveLite } from "./serve-lite.ts";
import { listen } from "./listen.ts";
import { takeLock } from "./lock-file.ts";
import { READER_MODEL } from "./model-server/vision/responses-request.ts";
import { runNet } from "./net/run-net.ts";

export interface StackOptions {
  /** 0 takes a free port. */
  port: number;
  /** Folder for database, objects and keys; null keeps everything in memory and a temporary folder. */
  data: string | null;
  /** URL of a PostgreSQL server to use instead of PGlite. */
  databaseUrl?: string;
  cron: boolean;
  /** Whether to start the functions again when their files change. */
  reload?: boolean;
  /** Further environment of the functions; wins over what the stack sets. */
  env?: Record<string, string>;
}

export interface Stack {
  url: string;
  keys: Keys;
  database: Database;
  functions: Functions;
  /** What the functions run with: who wants the same embedder makes it from this. */
  functionEnv: Record<string, string>;
  /** Folder of objects and keys. */
  data: string;
  stop(): Promise<void>;
}

const localModel = "universal-sentence-encoder-lite";

/** Starts the local stack and resolves when it answers. Throws, with everything stopped, if it cannot. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const undo: (() => unknown)[] = [];
  const stop = async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  };
  try {
    return await start(options, undo, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  options: StackOptions,
  undo: (() => unknown)[],
  stop: () => Promise<void>,
): Promise<Stack> {
  const tickSeconds = readTickSeconds(options.env?.JOB_TICK_SECONDS);
  const data = options.data ?? await Deno.makeTempDir({ prefix: "maestro-" });
  if (options.data === null) undo.push(() => Deno.remove(data, { recursive: true }));
  await Deno.mkdir(`${data}/objects`, { recursive: true });
  const lock = await takeLock(data);
  undo.push(() => lock.release());

  let gateway: (request: Request) => Promise<Response> = () =>
    Promise.resolve(new Response("starting", { status: 503 }));
  const server = listen(options.port, (request) => gateway(request));
  undo.push(() => Promise.race([server.shutdown(), new Promise((done) => setTimeout(done, 1000))]));
  const url = `http://127.0.0.1:${server.addr.port}`;
  const keys = await loadKeys(`${data}/keys.json`);

  const modelServer = startChild("models", [
    fileURLToPath(new URL("model-server/main.ts", import.meta.url)),
    "--port",
    "0",
  ]);
  const environment = modelServer.then((child) => {
    undo.push(() => child.stop());
    return toFunctionEnv(url, keys, child.ready as { url: string }, options.env);
  });
  const functionsStarted = environment.then((env) =>
    superviseFunctions(
      env,
      options.reload ? repositoryFolders : { ...repositoryFolders, watched: [] },
    )
  );
  // If the database cannot be opened, they may still be starting.
  undo.push(() => functionsStarted.then((functions) => functions.stop(), () => undefined));

  const database = await openDatabase(
    options.databaseUrl
      ? { url: options.databaseUrl }
      : options.data
      ? { folder: `${data}/database` }
      : { memory: true },
  );
  undo.push(() => database.close());
  await preparePlatform(database);
  const lite = await serveLite(database, keys, `${data}/objects`);
  const applied = await migrate(database, await readMigrations());
  if (applied.length > 0 && database.kind === "pglite") await seedOnce(database);
  await setVaultSecrets(database, { project_url: url, cron_secret_key: keys.cronKey });
  await setTickInterval(database, tickSeconds);
  if (database.kind === "pglite") {
    const analyzing = analyzeGrown(database);
    undo.push(() => analyzing.stop());
  }

  const functions = await functionsStarted;
  undo.push(() => functions.stop());
  const tokens = await TokenExchange.create(keys, `${url}/auth/v1`);
  gateway = createGateway({ lite, functions: functions.fetch }, tokens, keys);
  const net = await runNet(database);
  undo.push(() => net.stop());
  if (options.cron && !(await hasPgCron(database))) {
    const cron = runCron(database);
    undo.push(() => cron.stop());
  }
  return { url, keys, database, functions, functionEnv: await environment, data, stop };
}

function toFunctionEnv(
  url: string,
  keys: Keys,
  models: { url: string },
  env: Record<string, string> = {},
): Record<string, string> {
  return {
    SUPABASE_URL: url,
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishableKey }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secretKey, cron: keys.cronKey }),
    ...localEmbeddings(models, env),
    ...localVision(models, env.PASS2_PROVIDER),
    // A name without a value, as in a copied .env.example, leaves the default.
    ...Object.fromEntries(Object.entries(env).filter(([, value]) => value !== "")),
  };
}

function localVision({ url }: { url: string }, provider = ""): Record<string, string> {
  if (provider !== "" && provider !== "openai") return {};
  return {
    PASS2_PROVIDER: "openai",
    PASS2_MODEL: READER_MODEL,
    PASS2_BASE_URL: url,
    PASS2_API_KEY: "local",
  };
}

function localEmbeddings(
  { url }: { url: string },
  { EMBEDDING_PROVIDER: provider = "", EMBEDDING_BASE_URL: otherUrl = "" }: Record<string, string>,
): Record<string, string> {
  // Another provider's are its own; those of before are still searched until they are switched.
  if (provider !== "" && provider !== "openai") return { OPENAI_BASE_URL: url };
  return {
    EMBEDDING_PROVIDER: "openai",
    EMBEDDING_MODEL: localModel,
    EMBEDDING_BASE_URL: url,
    EMBEDDING_API_KEY: "local",
    // It computes on one thread: more at once would all take longer than they are waited for.
    ...(otherUrl === "" && { EMBEDDING_MAX_CONCURRENT: "2" }),
  };
}

/** As the CLI does for a local database that it has just made; a server given by URL is not ours to fill. */
async function seedOnce(database: Database): Promise<void> {
  const [users] = await database.query<{ count: number }>(
    "select count(*)::integer as count from auth.users",
  );
  if (users?.count === 0) {
    await database.exec(await Deno.readTextFile(new URL("../supabase/seed.sql", import.meta.url)));
  }
}

/** What pg_cron can do in seconds. Throws, before anything is opened, on another number. */
function readTickSeconds(seconds = ""): string {
  if (/^([1-9]|[1-5][0-9])?$/.test(seconds)) return seconds || "5";
  throw new Error(`JOB_TICK_SECONDS must be 1 to 59, not ${seconds}`);
}

async function setTickInterval(database: Database, seconds: string): Promise<void> {
  await database.query(
    "select cron.schedule('maestro-tick-jobs', $1, 'select private.tick_jobs()')",
    [`${seconds} seconds`],
  );
}
