import { type Stack, startStack } from "../../local/stack.ts";
import { type EmbeddingServer, startEmbeddingServer } from "./embedding-server.ts";
import { addressOf, type StackAddress } from "./user.ts";

/** A stack of one test file, whose embedding provider and database are in the test's hands. */
export interface OwnStack extends AsyncDisposable {
  stack: Stack;
  address: StackAddress;
  provider: EmbeddingServer;
}

/** Starts a stack in this process; with `cron` it works by itself, without it only when called. */
export async function startOwnStack(
  { cron, env = {}, databaseUrl }: {
    cron: boolean;
    env?: Record<string, string>;
    /** PostgreSQL instead of the embedded database. */
    databaseUrl?: string;
  },
): Promise<OwnStack> {
  const provider = startEmbeddingServer();
  const stack = await startStack({
    port: 0,
    data: null,
    cron,
    ...(databaseUrl && { databaseUrl }),
    env: { EMBEDDING_BASE_URL: provider.url, EMBEDDING_MODEL: "scripted", ...env },
  });
  // Without the key nobody can be woken when a job is enqueued.
  if (!cron) await setCronKey(stack, "");
  return {
    stack,
    address: addressOf(stack),
    provider,
    [Symbol.asyncDispose]: async () => {
      await stack.stop();
      provider[Symbol.dispose]();
    },
  };
}

async function setCronKey({ database }: Stack, key: string): Promise<void> {
  await database.query("update vault.secrets set secret = $1 where name = 'cron_secret_key'", [
    key,
  ]);
}
