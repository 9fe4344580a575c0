import postgres from "postgres";
import { type EmbeddingServer, startEmbeddingServer } from "../../../support/embedding-server.ts";
import type { StackAddress } from "../../../support/user.ts";
import { startVisionServer, visionEnv, type VisionServer } from "../../../support/vision-server.ts";
import { descendantsOf, startProcess } from "../../../stack/support/stack-process.ts";
import { type Cluster, createCluster } from "../../../../scripts/support/postgres-cluster.ts";
import { persist } from "./persist.ts";

/** A stack in a process of its own, on a server that may crash, with providers that may fail. */
export interface CrashableStack extends AsyncDisposable {
  address: StackAddress;
  cluster: Cluster;
  provider: EmbeddingServer;
  vision: VisionServer;
  /** Of the process of `npm start`. */
  pid: number;
  /** Asks the database, again and again while it is away. */
  query<T>(statement: string, parameters?: unknown[]): Promise<T[]>;
  /** Process id of an edge function; throws while it has none. */
  functionPid(name: string): Promise<number>;
}

/** Starts all of it: `npm start -- --db URL` with leases of so many seconds and a tick a second. */
export async function startCrashableStack(leaseSeconds: number): Promise<CrashableStack> {
  const cluster = await createCluster();
  const provider = startEmbeddingServer();
  const vision = startVisionServer();
  const folder = await Deno.makeTempDir({ prefix: "maestro-random-run-" });
  await Deno.writeTextFile(
    `${folder}/.env`,
    Object.entries({
      ...providersOf({ provider, vision }),
      JOB_LEASE_SECONDS: leaseSeconds,
      JOB_TICK_SECONDS: 1,
    }).map(([name, value]) => `${name}=${value}\n`).join(""),
  );
  const stack = startProcess(
    ["--port", "0", "--json", "--db", cluster.url, "--data", `${folder}/data`],
    { cwd: folder },
  );
  const { address } = await stack.ready;
  return {
    address,
    cluster,
    provider,
    vision,
    pid: stack.pid,
    query: <T>(statement: string, parameters: unknown[] = []) =>
      persist(async () => {
        // A connection of its own: none is left to break when the server does.
        const sql = postgres(cluster.url, { max: 1, onnotice: () => undefined });
        try {
          return [...await sql.unsafe(statement, parameters as string[])] as T[];
        } finally {
          await sql.end({ timeout: 1 });
        }
      }),
    functionPid: async (name) => {
      for (const pid of await descendantsOf(stack.pid)) {
        const command = await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "");
        if (command.includes(`/${name}/index.ts`)) return pid;
      }
      throw new Error(`the function ${name} does not run`);
    },
    [Symbol.asyncDispose]: async () => {
      await stack.end("SIGTERM");
      provider[Symbol.dispose]();
      vision[Symbol.dispose]();
      await cluster.destroy();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** The environment by which workers find the providers. */
export function providersOf(
  { provider, vision }: Pick<CrashableStack, "provider" | "vision">,
): Record<string, string> {
  return {
    EMBEDDING_BASE_URL: provider.url,
    EMBEDDING_MODEL: "scripted",
    PASS2_PROVIDER: "openai",
    ...visionEnv(vision),
    PASS2_API_KEY: "none",
  };
}
