import { openDatabase } from "../local/database/open-database.ts";
import { type Stack, startStack } from "../local/stack.ts";
import { createCluster } from "../scripts/support/postgres-cluster.ts";

/** Where a throw-away stack keeps its database. */
export interface ThrowAwayOptions {
  /** A server on which a database is made and dropped; `native` makes the server too. */
  database: { url: string } | "native" | "embedded";
  /** Of the functions: wins over what the stack sets. */
  env: Record<string, string>;
}

/** A stack that keeps nothing, and whose database is gone when it is disposed of. */
export async function startThrowAwayStack(
  { database, env }: ThrowAwayOptions,
): Promise<{ stack: Stack } & AsyncDisposable> {
  const undo: (() => Promise<void>)[] = [];
  const dispose = async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  };
  try {
    let serverUrl = typeof database === "object" ? database.url : null;
    if (database === "native") {
      const cluster = await createCluster();
      undo.push(() => cluster.destroy());
      serverUrl = cluster.url;
    }
    const databaseUrl = serverUrl === null ? undefined : await createDatabase(serverUrl, undo);
    const stack = await startStack({ port: 0, data: null, databaseUrl, cron: true, env });
    undo.push(() => stack.stop());
    return { stack, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function createDatabase(serverUrl: string, undo: (() => Promise<void>)[]): Promise<string> {
  const name = `eval_${crypto.randomUUID().replaceAll("-", "")}`;
  const admin = await openDatabase({ url: serverUrl });
  undo.push(() => admin.close());
  await admin.exec(`create database ${name}`);
  undo.push(() => admin.exec(`drop database ${name} with (force)`));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
