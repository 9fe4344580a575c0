import { downloadObject } from "../../shared/jobs/download-object.ts";
import type { Difference } from "./audit-check.ts";
import type { AuditClient } from "./audit-client.ts";
import { askUntilHeard } from "./ask-until-heard.ts";
import { listRows, PAGE_SIZE } from "./list-rows.ts";

/**
 * Holds the conversations of every live version that is not marked stale to the bytes that it was
 * made of. Files that are told to ignore re-enrichment may hold older ones.
 */
export async function* compareConversations(client: AuditClient): AsyncGenerator<Difference> {
  const files = listRows((after: string | null) => {
    const page = client.from("training_files").select("id, org_id, version")
      .eq("stale", false).neq("stale_policy", "ignore").gt("version", 0)
      .order("id").limit(PAGE_SIZE);
    return after ? page.gt("id", after) : page;
  }, ({ id }) => id);
  for await (const file of files) {
    const changed: string[] = [];
    for await (const source of listSources(client, file)) {
      const sha256 = await hashConversation(client, file.org_id, source.conversation_id);
      if (sha256 !== source.sha256) changed.push(source.conversation_id);
    }
    if (changed.length > 0) {
      yield { id: file.id, detail: `made of other bytes of ${changed.slice(0, 3).join(", ")}` };
    }
  }
}

async function* listSources(client: AuditClient, file: { id: string; version: number }) {
  const [version] = await askUntilHeard(() =>
    client.from("training_file_versions").select("id")
      .eq("training_file_id", file.id).eq("version", file.version)
  );
  // Deleted meanwhile.
  if (!version) return;
  yield* listRows(
    (after: number | null) =>
      client.from("training_file_sources").select("position, conversation_id, sha256")
        .eq("version_id", version.id).gt("position", after ?? -1).order("position").limit(
          PAGE_SIZE,
        ),
    ({ position }) => position,
  );
}

async function hashConversation(
  client: AuditClient,
  orgId: string,
  conversationId: string,
): Promise<string | null> {
  const [conversation] = await askUntilHeard(() =>
    client.from("conversations").select("enriched_file_path")
      .eq("org_id", orgId).eq("conversation_id", conversationId)
  );
  const path = conversation?.enriched_file_path;
  const bytes = path && await downloadObject(client, "conversation-files", path);
  if (!bytes) return null;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as BufferSource)).toHex();
}
