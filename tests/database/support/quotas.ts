import { only, type Persona, type TestDatabase } from "../../support/test-database.ts";

/** Gives an organisation a quota of its own, as an operator does; null for none. */
export async function setQuota(
  db: TestDatabase,
  orgId: string,
  name: string,
  max: number | null,
): Promise<void> {
  await db.as("service_role", (client) =>
    client.query(
      `insert into public.organization_quotas values ($1, $2, $3)
       on conflict (org_id, name) do update set max_count = excluded.max_count`,
      [orgId, name, max],
    ));
}

/** What the organisation has used of a quota, as a member sees it. */
export async function readUsed(
  db: TestDatabase,
  persona: Persona,
  orgId: string,
  name: string,
): Promise<number> {
  const rows = await db.as(persona, (client) =>
    client.query<{ used_count: number }>(
      "select used_count::integer from public.list_quotas($1) where name = $2",
      [orgId, name],
    ));
  return only(rows).used_count;
}

/** A search by words as a browser makes it. */
export async function searchWords(
  db: TestDatabase,
  persona: Persona,
  orgId: string,
): Promise<void> {
  await db.as(
    persona,
    (client) =>
      client.query("select * from public.search_knowledge($1, 'roof', p_mode => 'text')", [orgId]),
  );
}

/** What a function of the search endpoint asks for before a question is embedded. */
export async function claimQuestion(
  db: TestDatabase,
  persona: Persona,
  orgId: string | null,
): Promise<string> {
  const rows = await db.as(
    persona,
    (client) =>
      client.query<{ org_id: string }>("select public.claim_question($1) as org_id", [orgId]),
  );
  return only(rows).org_id;
}

/** Lets the minute of all counts be over. */
export async function endMinute(db: TestDatabase): Promise<void> {
  await db.query("update private.minute_counts set minute_at = minute_at - interval '1 minute'");
}

/** Waits out the last seconds of a minute, so that what follows falls into one. */
export async function untilMinuteHas(seconds: number): Promise<void> {
  const left = 60 - (Date.now() / 1000) % 60;
  if (left < seconds) await new Promise((resolve) => setTimeout(resolve, left * 1000 + 100));
}

/** Sets the quota of everybody who has none of their own. */
export async function setBaseQuota(db: TestDatabase, name: string, max: number): Promise<void> {
  await db.query("update private.quotas set max_count = $2 where name = $1", [name, max]);
}

/** The error of a quota that is used up. */
export function exceeded(quota: string, max: number) {
  return { code: "QUOTA_EXCEEDED", status: 429, details: { quota, max_count: max } };
}

/** What a caller over HTTP would find in the header of a refusal, in seconds; null without one. */
export async function retryAfterOf(work: Promise<unknown>): Promise<number | null> {
  const error = await work.then(() => null, (error) => error);
  const { headers } = JSON.parse(error.detail);
  return "Retry-After" in headers ? Number(headers["Retry-After"]) : null;
}

/** A new path in bucket `documents`, in the folder of the organisation. */
export function documentName(orgId: string): string {
  return `${orgId}/${crypto.randomUUID()}/handbook.md`;
}
