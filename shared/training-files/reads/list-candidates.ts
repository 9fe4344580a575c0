import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import { type Cell, cellOf, DIMENSIONS } from "../analytics/cell.ts";
import type { Candidate } from "../analytics/suggest.ts";
import type { Database } from "../../database.types.ts";
import { unwrap } from "../../unwrap.ts";
import { Snapshot } from "../snapshot/snapshot.ts";
import type { Scaffolding } from "./get-scaffolding.ts";

/** Conversations that are looked at for suggestions. */
const maxCandidates = 200;

const Taken = z.object({ sha256: z.string(), snapshot: Snapshot });

interface Clients {
  user: SupabaseClient<Database>;
  admin: SupabaseClient<Database>;
}

/**
 * The newest conversations that are ready and not in the file, and where each stands: by its
 * content where a file ever held it, else by the persona, arc and topic of its row. Those of which
 * neither is known are left out.
 */
export async function listCandidates(
  { user, admin }: Clients,
  orgId: string,
  { inFile, scaffolding }: { inFile: ReadonlySet<string>; scaffolding: Scaffolding },
): Promise<Candidate[]> {
  const ready = unwrap(
    await user.from("conversations")
      .select("conversation_id, persona_id, emotional_arc_id, training_topic_id")
      .eq("org_id", orgId)
      .eq("enrichment_status", "completed").not("enriched_file_path", "is", null)
      .order("created_at", { ascending: false }).limit(1000),
  ).filter((row) => !inFile.has(row.conversation_id)).slice(0, maxCandidates);
  if (ready.length === 0) return [];
  const read = await readCells(admin, orgId, ready.map((row) => row.conversation_id));
  return ready.flatMap((row) => {
    const cell: Cell = read.get(row.conversation_id) ?? {
      persona: scaffolding.persona.get(row.persona_id ?? "") ?? null,
      emotional_arc: scaffolding.emotional_arc.get(row.emotional_arc_id ?? "") ?? null,
      training_topic: scaffolding.training_topic.get(row.training_topic_id ?? "") ?? null,
    };
    const isKnown = DIMENSIONS.some((dimension) => cell[dimension] !== null);
    return isKnown ? [{ conversation_id: row.conversation_id, cell }] : [];
  });
}

/** The cells of conversations whose content some version has pinned. */
async function readCells(
  admin: SupabaseClient<Database>,
  orgId: string,
  ids: string[],
): Promise<Map<string, Cell>> {
  const pinned = unwrap(
    await admin.from("training_file_sources").select("conversation_id, sha256")
      .eq("org_id", orgId).in("conversation_id", ids).not("sha256", "is", null),
  );
  const snapshots = unwrap(
    await admin.from("conversation_snapshots").select("sha256, snapshot")
      .eq("org_id", orgId).in("sha256", [...new Set(pinned.map((row) => row.sha256!))]),
  );
  const bySha = new Map(Taken.array().parse(snapshots).map((row) => [row.sha256, row.snapshot]));
  return new Map(pinned.flatMap(({ conversation_id, sha256 }) => {
    const snapshot = bySha.get(sha256!);
    return snapshot ? [[conversation_id, cellOf(snapshot)] as const] : [];
  }));
}
