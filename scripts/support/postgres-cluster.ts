import { dirname } from "node:path";

/** A throw-away PostgreSQL server of the installed packages. */
export interface Cluster {
  /** Connects as the superuser to the database that pg_cron works in. */
  url: string;
  /** Process id of the postmaster, for tests that kill it. */
  pid(): Promise<number>;
  start(): Promise<void>;
  /** Ends it at once, as a crash would, without a checkpoint. */
  crash(): Promise<void>;
  /** Ends it and removes its files. */
  destroy(): Promise<void>;
}

const settings = (port: number, socketFolder: string, further: string) => `
listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = '${socketFolder}'
max_connections = 200
shared_buffers = 128MB
shared_preload_libraries = 'pg_cron'
cron.database_name = 'postgres'
cron.use_background_workers = on
max_worker_processes = 20
log_min_messages = fatal
${further}
`;

/**
 * Makes a PostgreSQL 17 cluster with pgvector and pg_cron in a temporary folder and starts it, with
 * further lines for its configuration.
 * As root it runs as the user `postgres`, since PostgreSQL refuses root.
 * Throws with what to install when the packages are missing.
 */
export async function createCluster(further = ""): Promise<Cluster> {
  const bin = await findBinaries();
  const folder = await Deno.makeTempDir({ prefix: "maestro-pg-" });
  const data = `${folder}/data`;
  if (Deno.uid() === 0) await run(["chown", "postgres", folder]);
  await runUnprivileged([
    `${bin}/initdb`,
    "--pgdata",
    data,
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--no-sync",
  ]);
  const port = freePort();
  await Deno.writeTextFile(`${data}/postgresql.conf`, settings(port, folder, further), {
    append: true,
  });

  const control = (...args: string[]) =>
    runUnprivileged([`${bin}/pg_ctl`, "--pgdata", data, "--silent", ...args]);
  const start = () => control("--log", `${folder}/log`, "--wait", "start");
  await start();
  return {
    url: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    pid: async () => Number((await Deno.readTextFile(`${data}/postmaster.pid`)).split("\n")[0]),
    start,
    crash: () => control("--mode=immediate", "stop"),
    destroy: async () => {
      await control("--mode=immediate", "stop").catch(() => undefined);
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function findBinaries(): Promise<string> {
  const folder = "/usr/lib/postgresql/17/bin";
  try {
    await Deno.stat(`${folder}/initdb`);
    await Deno.stat(`${dirname(dirname(folder))}/17/lib/pg_cron.so`);
    await Deno.stat(`${dirname(dirname(folder))}/17/lib/vector.so`);
    return folder;
  } catch {
    throw new Error(
      "PostgreSQL 17 with pgvector and pg_cron is not installed: sudo bash scripts/install-postgres.sh, or set DATABASE_URL",
    );
  }
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

async function runUnprivileged(command: string[]): Promise<void> {
  await run(Deno.uid() === 0 ? ["runuser", "-u", "postgres", "--", ...command] : command);
}

async function run([program, ...args]: string[]): Promise<void> {
  const { success, stderr, stdout } = await new Deno.Command(program!, { args, cwd: "/tmp" })
    .output();
  if (!success) {
    const decoder = new TextDecoder();
    throw new Error(`${program} failed: ${decoder.decode(stderr)}${decoder.decode(stdout)}`);
  }
}
