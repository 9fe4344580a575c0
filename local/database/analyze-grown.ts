import type { Database } from "./open-database.ts";
import { log } from "../log.ts";

const pauseMs = 10_000;

/**
 * Takes the statistics of tables that have more than doubled since it last did, as autovacuum does on
 * a server: PGlite has none, and plans made for an empty table stay. Returns a stop.
 */
export function analyzeGrown(database: Database): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(() => analyze(database))
      .catch((error) => log("database", String(error)));
  }, pauseMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

async function analyze(database: Database): Promise<void> {
  const grown = await database.query<{ name: string }>(
    `select class.oid::regclass::text as name
     from pg_class as class
     join pg_namespace as namespace on namespace.oid = class.relnamespace
     where class.relkind = 'r' and namespace.nspname in ('public', 'private', 'storage')
       and pg_relation_size(class.oid) / current_setting('block_size')::integer
         > 2 * greatest(class.relpages, 4)`,
  );
  for (const { name } of grown) await database.exec(`analyze ${name}`);
}
