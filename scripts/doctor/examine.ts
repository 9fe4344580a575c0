import { askByApi, askByUrl, type DatabaseReport } from "./ask-database.ts";
import { type Check } from "./check.ts";
import { checkClock } from "./check-clock.ts";
import { checkFunction } from "./check-function.ts";
import { checkMigrations } from "./check-migrations.ts";
import { checkProjectUrl } from "./check-project-url.ts";
import { checkExposure, checkRest } from "./check-rest.ts";
import { checkSigningKeys } from "./check-signing-keys.ts";
import { checkStorage } from "./check-storage.ts";
import { checkWorker } from "./check-worker.ts";
import type { Expected } from "./expected.ts";
import type { Installation } from "./installation.ts";

/** Makes every check, the database's own first. Never throws: what cannot be asked is a line, too. */
export async function examine(
  given: Installation,
  databaseUrl: string | null,
  expected: Expected,
): Promise<Check[]> {
  const { connection, report } = await askDatabase(given, databaseUrl);
  const installation = { ...given, cronKey: report?.secrets?.cron_secret_key || given.cronKey };
  return [
    connection,
    checkMigrations(expected.migrations, report?.migrations ?? null),
    ...report?.checks ?? [],
    ...await Promise.all([
      checkClock(installation, report?.clock ?? null),
      Promise.resolve(checkProjectUrl(given.url, report?.secrets?.project_url ?? null)),
      checkSigningKeys(installation),
      checkRest(installation, expected.relations),
      checkExposure(installation),
      checkStorage(installation, expected.buckets),
      ...expected.functions.map((name) => checkFunction(installation, name)),
    ]),
    ...await checkWorker(installation),
  ];
}

async function askDatabase(
  installation: Installation,
  databaseUrl: string | null,
): Promise<{ connection: Check; report: DatabaseReport | null }> {
  const check = "database";
  if (!databaseUrl && !installation.secretKey) {
    const detail = "not asked: most of the installation is unknown";
    const hint = "Give the database with --db or the secret key with --key";
    return { connection: { check, ok: false, detail, hint }, report: null };
  }
  try {
    const report = databaseUrl ? await askByUrl(databaseUrl) : await askByApi(installation);
    const detail = databaseUrl ? "connected" : "asked through the API";
    return { connection: { check, ok: true, detail, hint: null }, report };
  } catch (error) {
    const connection = {
      check,
      ok: false,
      detail: (error as Error).message,
      hint: databaseUrl
        ? "Is the URL right (project settings, Database; the session pooler where there is no IPv6), and are the migrations applied?"
        : "Is the key a secret key of this project, and are the migrations applied? supabase db push",
    };
    return { connection, report: null };
  }
}
