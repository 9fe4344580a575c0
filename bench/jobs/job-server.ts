import { fileURLToPath } from "node:url";
import { type BenchServer, startBenchServer } from "../bench-server.ts";

/** A bench's server with the schema of Maestro's peers beside it. */
export type JobServer = BenchServer;

const pgmqArchive = new URL(
  "../../node_modules/@electric-sql/pglite-pgmq/dist/pgmq.tar.gz",
  import.meta.url,
);

/** A bench's server with pgmq in it. */
export async function startJobServer(): Promise<JobServer> {
  const server = await startBenchServer();
  await server.database.exec(await readPgmq());
  return server;
}

/** The SQL that pgmq's extension would run, without what only an extension may do. */
async function readPgmq(): Promise<string> {
  const { success, stdout } = await new Deno.Command("tar", {
    args: [
      "-xzOf",
      fileURLToPath(pgmqArchive),
      "share/postgresql/extension/pgmq--1.11.1.sql",
    ],
  }).output();
  if (!success) throw new Error("pgmq's SQL could not be unpacked");
  const script = new TextDecoder().decode(stdout).replace(/.*pg_extension_config_dump.*\n/g, "");
  return `create schema pgmq; ${script}; select pgmq.create('bench');`;
}
