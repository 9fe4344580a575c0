import { type Check, notAsked, toCheck } from "./check.ts";
import { ask, type Installation } from "./installation.ts";

/** Times of one question to the database, in milliseconds. */
export interface DatabaseClock {
  askedAt: number;
  answeredAt: number;
  /** What its clock said meanwhile. */
  shown: number;
}

/** Beyond this, tokens count as expired or not yet valid, and backups seem to come from the future. */
const toleratedMs = 10_000;

/** Whether the database and the gateway have the same time, each measured from this machine. */
export async function checkClock(
  installation: Installation,
  database: DatabaseClock | null,
): Promise<Check> {
  if (!database) return notAsked("clock", "the database did not say");
  const askedAt = Date.now();
  const answer = await ask(installation, "/auth/v1/.well-known/jwks.json");
  const shown = answer.status === null ? NaN : Date.parse(answer.headers.get("date") ?? "");
  if (Number.isNaN(shown)) return notAsked("clock", "the gateway did not say");
  // The header cuts the second off.
  const gateway = skew({ askedAt, answeredAt: Date.now(), shown: shown + 500 });
  const skewOfDatabase = skew(database);
  const detail = `database ${seconds(skewOfDatabase)}, gateway ${
    seconds(gateway)
  } from this machine`;
  const isApart = Math.abs(skewOfDatabase - gateway) > toleratedMs;
  return toCheck(
    "clock",
    isApart ? [{ detail, hint: "Tell Supabase, or set the clock of the machine that is off" }] : [],
    detail,
  );
}

function skew({ askedAt, answeredAt, shown }: DatabaseClock): number {
  return shown - (askedAt + answeredAt) / 2;
}

function seconds(milliseconds: number): string {
  const rounded = (milliseconds / 1000).toFixed(1);
  return `${milliseconds < 0 ? "" : "+"}${rounded} s`;
}
