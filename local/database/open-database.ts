import type { SqlClient } from "./sql-client.ts";
import { openPglite } from "./open-pglite.ts";
import { openPostgres } from "./open-postgres.ts";

/** A database with what @supabase/lite needs to serve from it. */
export interface Database extends SqlClient {
  kind: "pglite" | "postgres";
  /** The connection that @supabase/lite's `App` takes. */
  connection: unknown;
  /**
   * Runs `work` while nobody else uses the connection. On PGlite there is only one, and
   * @supabase/lite begins transactions on it without waiting for another request's to end.
   */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  /** Calls `onNotify` for every notification on the channel. */
  listen(channel: string, onNotify: () => void): Promise<void>;
  close(): Promise<void>;
}

/** Where the data is: a PostgreSQL URL, a folder for PGlite, or memory. */
export type DatabaseLocation = { url: string } | { folder: string } | { memory: true };

/** Opens the database; the caller closes it. */
export function openDatabase(location: DatabaseLocation): Promise<Database> {
  if ("url" in location) return openPostgres(location.url);
  return openPglite("folder" in location ? location.folder : "memory://");
}
