import { only, type Persona, type TestDatabase } from "../../support/test-database.ts";
import { claim, type Lease } from "./queue.ts";

/** A project as a member of the organisation makes it; returns the id. */
export async function createProject(
  db: TestDatabase,
  persona: Persona,
  orgId: string,
): Promise<string> {
  const rows = await db.as(persona, (client) =>
    client.query<{ id: string }>(
      "insert into public.projects (org_id, name) values ($1, 'Pump house') returning id",
      [orgId],
    ));
  return only(rows).id;
}

/** A page of a project; returns the id. */
export async function createPage(
  db: TestDatabase,
  persona: Persona,
  projectId: string,
  { name = "Roof details", sheet = null as string | null } = {},
): Promise<string> {
  const rows = await db.as(persona, (client) =>
    client.query<{ id: string }>(
      `insert into public.pages (project_id, page_name, sheet_number, sheet_reflection)
       values ($1, $2, $3, 'Details of the roof.') returning id`,
      [projectId, name, sheet],
    ));
  return only(rows).id;
}

/** A crop of a page, as Pass 1 leaves it; returns the id. */
export async function createPointer(
  db: TestDatabase,
  persona: Persona,
  pageId: string,
  title = "Roof drain",
): Promise<string> {
  const id = crypto.randomUUID();
  await db.as(persona, (client) =>
    client.query(
      `insert into public.pointers (id, page_id, title, png_path, bbox)
       select $1::uuid, page.id, $3, page.org_id || '/' || page.project_id || '/' || $1::uuid || '.png',
         '{"x": 0, "y": 0.5, "width": 0.25, "height": 0.5}'
       from public.pages as page where page.id = $2`,
      [id, pageId, title],
    ));
  return id;
}

export interface PointerRow extends Record<string, unknown> {
  enrichment_status: string;
  error_message: string | null;
  attempts: number;
  revision: number;
  description: string | null;
  input_hash: string | null;
  embedding_model: string | null;
}

export async function readPointer(db: TestDatabase, id: string): Promise<PointerRow> {
  return only(await db.query<PointerRow>("select * from public.pointers where id = $1", [id]));
}

/** Takes the job of a crop, as a worker would: every other one is left waiting. */
export async function claimPointer(db: TestDatabase, id: string): Promise<Lease> {
  await db.query(
    `update private.jobs
     set is_ready = dedupe_key = $1,
         visible_at = now() + case when dedupe_key = $1 then interval '0' else interval '1 hour' end
     where kind = 'enrich_pointer' and lease_token is null`,
    [id],
  );
  const [lease] = await claim(db, { kinds: ["enrich_pointer"], max: 1 });
  if (lease?.payload.pointer_id !== id) throw new Error("the crop's job was not claimed");
  return lease;
}

/** What a worker hands in. */
export interface PointerResult {
  description: string;
  cross_references: Record<string, string | null>[];
  enrichment_metadata: Record<string, unknown>;
  embedding: string;
  embedding_model: string;
  input_hash: string;
}

/** What a worker would have read. */
export const aResult: PointerResult = {
  description: "# ROOF DRAIN",
  cross_references: [{ kind: "detail", sheet: "S-501", detail: "3", raw: "SEE 3/S-501" }],
  enrichment_metadata: { detail_number: "1", detail_title: "ROOF DRAIN" },
  embedding: JSON.stringify([1, ...Array(1023).fill(0)]),
  embedding_model: "m",
  input_hash: "hash",
};

export async function readSourceHash(db: TestDatabase, id: string): Promise<string> {
  const rows = await db.as(
    "service_role",
    (client) =>
      client.query<{ source_hash: string }>("select * from public.get_pointer_source($1)", [id]),
  );
  return only(rows).source_hash;
}

/** `add_pointer_reading` as a worker calls it; without a reading the known one counts. */
export async function addReading(
  db: TestDatabase,
  { job_id, lease_token }: Lease,
  sourceHash: string,
  reading: Partial<PointerResult> | null = aResult,
): Promise<string> {
  const { description, cross_references, enrichment_metadata } = reading ?? {};
  const usage = { provider: "openai", model: "vision", input_tokens: 900, output_tokens: 90 };
  const rows = await db.as("service_role", (client) =>
    client.query<{ outcome: string }>(
      "select public.add_pointer_reading($1, $2, $3, $4, $5, 50, $6) as outcome",
      [
        job_id,
        lease_token,
        sourceHash,
        reading?.input_hash ?? aResult.input_hash,
        reading && JSON.stringify({ description, cross_references, enrichment_metadata }),
        reading && JSON.stringify([usage]),
      ],
    ));
  return only(rows).outcome;
}

/** `complete_pointer_job` as a worker calls it. */
export async function completeVector(
  db: TestDatabase,
  { job_id, lease_token }: Lease,
  sourceHash: string,
  result: Pick<Partial<PointerResult>, "embedding" | "embedding_model"> | null = aResult,
): Promise<string> {
  const { embedding, embedding_model } = result ?? {};
  const rows = await db.as("service_role", (client) =>
    client.query<{ outcome: string }>(
      "select public.complete_pointer_job($1, $2, $3, $4, $5) as outcome",
      [
        job_id,
        lease_token,
        sourceHash,
        result && JSON.stringify({ embedding, embedding_model }),
        JSON.stringify([{ provider: "openai", model: "m", input_tokens: 50, output_tokens: 0 }]),
      ],
    ));
  return only(rows).outcome;
}

/** Hands in what was read, and then its vector. */
export async function completePointer(
  db: TestDatabase,
  lease: Lease,
  sourceHash: string,
  result: Partial<PointerResult> = aResult,
): Promise<string> {
  if (lease.lane !== "embedding") {
    const state = await addReading(db, lease, sourceHash, result);
    if (state !== "held") return state;
  }
  return await completeVector(db, lease, sourceHash, result);
}

/** Reads a crop to its end. */
export async function enrich(
  db: TestDatabase,
  id: string,
  result: Partial<PointerResult> = {},
): Promise<void> {
  const lease = await claimPointer(db, id);
  await completePointer(db, lease, await readSourceHash(db, id), { ...aResult, ...result });
}
