import type { Answer } from "../../http.ts";
import { unwrap } from "../../unwrap.ts";
import { analyticsOf } from "../analytics/analytics.ts";
import { groupNearDuplicates } from "../duplicates/group-near-duplicates.ts";
import { reportRows } from "../report/report-rows.ts";
import { summariseReport } from "../report/summarise-report.ts";
import { diffVersions } from "../versions/diff.ts";
import type { Clients } from "./finish-build.ts";
import { fingerprintsOf, getEntries } from "../reads/get-entries.ts";
import { getScaffolding, universeOfScaffolding } from "../reads/get-scaffolding.ts";
import { getVersion } from "../reads/get-version.ts";
import { listCandidates } from "../reads/list-candidates.ts";

/** Distributions, balance, near-duplicates and suggestions of a file's live version. Throws `ApiError`. */
export async function analytics(clients: Clients, id: string): Promise<Answer> {
  const version = await getVersion(clients.user, id);
  const entries = await getEntries(clients.admin, version.id, { hasFingerprints: true });
  const duplicates = groupNearDuplicates(fingerprintsOf(entries));
  const inFile = new Set(entries.map((entry) => entry.conversation_id));
  const scaffolding = await getScaffolding(clients.user, version.orgId);
  const candidates = await listCandidates(clients, version.orgId, { inFile, scaffolding });
  const known = universeOfScaffolding(scaffolding);
  return {
    status: 200,
    body: { analytics: analyticsOf({ entries, duplicates, candidates, known }) },
  };
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
