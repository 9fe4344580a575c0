import { z } from "zod";
import type { Answer } from "../../http.ts";
import { unwrap } from "../../unwrap.ts";
import type { Source } from "../build/download-source.ts";
import { pinSource } from "../build/pin-sources.ts";
import { groupNearDuplicates } from "../duplicates/group-near-duplicates.ts";
import type { FileInfo } from "../file-info.ts";
import { previewOf } from "../versions/preview.ts";
import { previewFormat } from "../versions/preview-format.ts";
import { ConversationIds } from "./create-training-file.ts";
import type { Clients } from "./finish-build.ts";
import { RequestedFormat } from "./requested-format.ts";

/** Lines that are shown of each format. */
const shownLines = 3;

/** Body of `POST /training-files/preview`. */
export const PreviewRequest = z.strictObject({
  orgId: z.guid().optional(),
  conversation_ids: ConversationIds,
  formats: z.array(RequestedFormat).max(9).default([]),
});
export type PreviewRequest = z.output<typeof PreviewRequest>;

/** What a file of these conversations would be; writes nothing. Throws `ApiError`. */
export async function preview(
  { user, admin }: Clients,
  { orgId, conversation_ids, formats }: PreviewRequest,
): Promise<Answer> {
  const paths = unwrap(
    await user.rpc("list_conversation_paths", {
      p_conversation_ids: conversation_ids,
      p_org_id: orgId,
    }),
  );
  const sources = paths.map(({ conversation_id, path }, position) => ({
    position,
    conversation_id,
    path,
    batch_id: null,
  }));
  const pinned = await pinAll(admin, sources);
  const now = new Date().toISOString();
  const file: FileInfo = { name: "preview", version: 1, created_date: now, last_updated: now };
  const loaded = pinned.flatMap((entry) =>
    entry.conversation ? [{ entry, conversation: entry.conversation }] : []
  );
  const shown = formats.map((format) => [format, previewFormat(format, file, pinned, loaded)]);
  const duplicates = groupNearDuplicates(pinned);
  return {
    status: 200,
    body: { preview: previewOf(file, pinned, duplicates, Object.fromEntries(shown)) },
  };
}

type Pinned = Awaited<ReturnType<typeof pinSource>>;

/** Pins one after the other; kept whole are the first that have lines to show, and no more. */
async function pinAll(admin: Clients["admin"], sources: Source[]) {
  const pinned: (Omit<Pinned, "conversation"> & { conversation: Pinned["conversation"] | null })[] =
    [];
  const lines = { native: 0, exported: 0 };
  for (const source of sources) {
    const { conversation, ...entry } = await pinSource(admin, source);
    const { counts, rows } = entry.snapshot;
    const isShown = (lines.native < shownLines && counts.target_pairs > 0) ||
      (lines.exported < shownLines && rows.conversation > 0);
    pinned.push({ ...entry, conversation: isShown ? conversation : null });
    lines.native += counts.target_pairs;
    lines.exported += rows.conversation;
  }
  return pinned;
}
