import { z } from "zod";
import type { Answer } from "../../http.ts";
import { unwrap } from "../../unwrap.ts";
import { analyticsOf } from "../analytics/analytics.ts";
import { cellOf } from "../analytics/cell.ts";
import { groupNearDuplicates } from "../duplicates/group-near-duplicates.ts";
import { reportRows } from "../report/report-rows.ts";
import { summariseReport } from "../report/summarise-report.ts";
import { Snapshot } from "../snapshot/snapshot.ts";
import { diffVersions } from "../versions/diff.ts";
import type { Clients } from "./finish-build.ts";
import { fingerprintsOf, getEntries } from "../reads/get-entries.ts";
import { getVersion } from "../reads/get-version.ts";

/** Conversations that are looked at for suggestions. */
const maxCandidates = 200;

/** Distributions, balance, near-duplicates and suggestions of a file's live version. Throws `ApiError`. */
export async function analytics(clients: Clients, id: string): Promise<Answer> {
  const version = await getVersion(clients.user, id);
  const entries = await getEntries(clients.admin, version.id, { hasFingerprints: true });
  const duplicates = groupNearDuplicates(fingerprintsOf(entries));
  const inFile = new Set(entries.map((entry) => entry.conversation_id));
  const candidates = await listCandidates(clients, version.orgId, inFile);
  return { status: 200, body: { analytics: analyticsOf({ entries, duplicates, candidates }) } };
}

/** What one version has over another. Throws `ApiError`. */
export async function diff(clients: Clients, id: string, a: number, b: number): Promise<Answer> {
  const [before, after] = await Promise.all([a, b].map(async (number) => {
    const version = await getVersion(clients.user, id, number);
    const entries = await getEntries(clients.admin, version.id, { hasFingerprints: false });
    return { version: number, entries };
  }));
  return { status: 200, body: { diff: diffVersions(before!, after!) } };
}

/** The validation report of a version. Throws `ApiError`. */
export async function report(clients: Clients, id: string, number: number): Promise<Answer> {
  const version = await getVersion(clients.user, id, number);
  const entries = await getEntries(clients.admin, version.id, { hasFingerprints: true });
  const duplicates = groupNearDuplicates(fingerprintsOf(entries));
  const rows = [...reportRows(entries, { duplicates })];
  return { status: 200, body: { report: { summary: summariseReport(rows), rows } } };
}

/** The manifest of a version, as it was stored when the version was built. Throws `ApiError`. */
export async function manifest(clients: Clients, id: string, number: number): Promise<Answer> {
  const version = await getVersion(clients.user, id, number);
  const [artifact] = unwrap(
    await clients.user.from("training_artifacts").select("path")
      .eq("version_id", version.id).eq("format", "manifest"),
  );
  const { data, error } = await clients.admin.storage.from("training-files")
    .download(artifact!.path);
  if (error) throw new Error("the manifest could not be read", { cause: error });
  return { status: 200, body: { manifest: JSON.parse(await data.text()) } };
}

const Taken = z.object({ org_id: z.string(), sha256: z.string(), snapshot: Snapshot });

/** Conversations that are ready and not in the file, as far as their content was ever read. */
async function listCandidates({ user, admin }: Clients, orgId: string, inFile: Set<string>) {
  const ready = unwrap(
    await user.from("conversations").select("conversation_id").eq("org_id", orgId)
      .eq("enrichment_status", "completed").not("enriched_file_path", "is", null)
      .order("created_at", { ascending: false }).limit(1000),
  ).map((row) => row.conversation_id).filter((id) => !inFile.has(id)).slice(0, maxCandidates);
  if (ready.length === 0) return [];
  const known = unwrap(
    await admin.from("training_file_sources").select("conversation_id, sha256")
      .eq("org_id", orgId).in("conversation_id", ready).not("sha256", "is", null),
  );
  const snapshots = unwrap(
    await admin.from("conversation_snapshots").select("org_id, sha256, snapshot")
      .eq("org_id", orgId).in("sha256", known.map((row) => row.sha256!)),
  );
  const bySha = new Map(Taken.array().parse(snapshots).map((row) => [row.sha256, row.snapshot]));
  const byId = new Map(known.map((row) => [row.conversation_id, bySha.get(row.sha256!)]));
  return [...byId].flatMap(([conversation_id, snapshot]) =>
    snapshot ? [{ conversation_id, cell: cellOf(snapshot) }] : []
  );
}
