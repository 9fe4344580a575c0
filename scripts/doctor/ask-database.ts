import { createClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { z } from "zod";
import { Check } from "./check.ts";
import type { DatabaseClock } from "./check-clock.ts";
import type { Installation } from "./installation.ts";

/** What the database says of itself. */
export interface DatabaseReport {
  /** Of `validate_installation`, without the clock. */
  checks: Check[];
  clock: DatabaseClock | null;
  /** Versions; null when only the API was asked, which does not show them. */
  migrations: string[] | null;
  /** From Vault, by name; null likewise. */
  secrets: Record<string, string> | null;
}

/** Asks over a connection. Throws when there is none, or no function to ask. */
export async function askByUrl(databaseUrl: string): Promise<DatabaseReport> {
  const isHere = ["127.0.0.1", "localhost", "[::1]"].includes(new URL(databaseUrl).hostname);
  const sql = postgres(databaseUrl, {
    max: 1,
    connect_timeout: 10,
    prepare: false,
    ssl: isHere ? false : "require",
    onnotice: () => undefined,
    connection: { application_name: "maestro doctor", statement_timeout: 30_000 },
  });
  try {
    // The connection takes its time, too.
    await sql`select 1`;
    const report = await timed(() => sql`select * from private.validate_installation()`);
    const migrations = await sql`
      select version from supabase_migrations.schema_migrations order by version`;
    const secrets = await sql`
      select name, decrypted_secret from vault.decrypted_secrets
      where name in ('project_url', 'cron_secret_key')`;
    return {
      ...report,
      migrations: migrations.map(({ version }) => version),
      secrets: Object.fromEntries(secrets.map((row) => [row.name, row.decrypted_secret])),
    };
  } finally {
    await sql.end({ timeout: 2 });
  }
}

/** Asks through the API with the secret key. Throws likewise. */
export async function askByApi({ url, secretKey }: Installation): Promise<DatabaseReport> {
  const client = createClient(url, secretKey ?? "", { auth: { persistSession: false } });
  const report = await timed(async () => {
    const { data, error } = await client.rpc("validate_installation");
    if (error) throw new Error(error.message || "the API does not answer", { cause: error });
    return data;
  });
  return { ...report, migrations: null, secrets: null };
}

async function timed(
  question: () => PromiseLike<unknown>,
): Promise<Pick<DatabaseReport, "checks" | "clock">> {
  const askedAt = Date.now();
  const rows = z.array(Check).parse([...await question() as unknown[]]);
  const answeredAt = Date.now();
  const shown = Date.parse(rows.find(({ check }) => check === "clock")?.detail ?? "");
  return {
    checks: rows.filter(({ check }) => check !== "clock"),
    clock: Number.isNaN(shown) ? null : { askedAt, answeredAt, shown },
  };
}
