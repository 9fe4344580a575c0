import { inject } from "vitest";
import { openDatabase } from "../../local/database/open-database.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { type EmbeddingServer, startEmbeddingServer } from "./embedding-server.ts";
import { addressOf, type StackAddress } from "./user.ts";

/** A stack of one test file, whose embedding provider and database are in the test's hands. */
export interface OwnStack extends AsyncDisposable {
  stack: Stack;
  address: StackAddress;
  provider: EmbeddingServer;
  /** Of its own database on the native tier; null on PGlite. */
  databaseUrl: string | null;
}

/**
 * Starts a stack in this process; with `cron` it works by itself, without it only when called. On the
 * native tier it is on PGlite all the same, unless a database of its own is asked for.
 */
export async function startOwnStack(
  { cron, env = {}, ownDatabase = false }: {
    cron: boolean;
    env?: Record<string, string>;
    ownDatabase?: boolean;
  },
): Promise<OwnStack> {
  const provider = startEmbeddingServer();
  const database = ownDatabase ? await createOwnDatabase() : null;
  const stack = await startStack({
    port: 0,
    data: null,
    cron,
    ...(database && { databaseUrl: database.url }),
    env: { EMBEDDING_BASE_URL: provider.url, EMBEDDING_MODEL: "scripted", ...env },
  });
  // Without the key nobody can be woken when a job is enqueued.
  if (!cron) await setCronKey(stack, "");
  return {
    stack,
    address: addressOf(stack),
    provider,
    databaseUrl: database?.url ?? null,
    [Symbol.asyncDispose]: async () => {
      await stack.stop();
      await database?.drop();
      provider[Symbol.dispose]();
    },
  };
}

/** A database on the server of the native tier; null on PGlite. */
async function createOwnDatabase() {
  const { databaseUrl } = inject("stack");
  if (databaseUrl === null) return null;
  const url = new URL(databaseUrl);
  const name = `own_${crypto.randomUUID().replaceAll("-", "")}`;
  const admin = await openDatabase({ url: databaseUrl });
  await admin.exec(`create database ${name}`);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () => {
      await admin.exec(`drop database ${name} with (force)`);
      await admin.close();
    },
  };
}

async function setCronKey({ database }: Stack, key: string): Promise<void> {
  await database.query("update vault.secrets set secret = $1 where name = 'cron_secret_key'", [
    key,
  ]);
}
