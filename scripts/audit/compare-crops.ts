import { z } from "zod";
import { hashInput } from "../../shared/enrichment/hash-input.ts";
import { promptVersion } from "../../shared/enrichment/prompt.ts";
import { downloadObject } from "../../shared/jobs/download-object.ts";
import { toCropContext } from "../../shared/jobs/pointer-source.ts";
import type { Difference } from "./audit-check.ts";
import type { AuditClient } from "./audit-client.ts";
import { askUntilHeard } from "./ask-until-heard.ts";
import { listRows, PAGE_SIZE } from "./list-rows.ts";

const ReadBy = z.looseObject({ model: z.string(), prompt_version: z.literal(promptVersion) });

/**
 * Hashes of every crop that has been read what it was read from, and compares. Leaves out those that
 * another version's prompt has read, and those whose reading was brought from elsewhere.
 */
export async function* compareCrops(client: AuditClient): AsyncGenerator<Difference> {
  const pointers = listRows((after: string | null) => {
    const page = client.from("pointers").select("id, png_path, input_hash, enrichment_metadata")
      .eq("enrichment_status", "complete").not("input_hash", "is", null)
      .order("id").limit(PAGE_SIZE);
    return after ? page.gt("id", after) : page;
  }, ({ id }) => id);
  for await (const pointer of pointers) {
    const readBy = ReadBy.safeParse(pointer.enrichment_metadata).data;
    if (!readBy) continue;
    const [source] = await askUntilHeard(() =>
      client.rpc("get_pointer_source", { p_pointer_id: pointer.id })
    );
    // Deleted meanwhile.
    if (!source) continue;
    const crop = await downloadObject(client, "pointer-crops", pointer.png_path);
    const hash = crop && await hashInput(crop, toCropContext(source), readBy.model);
    if (hash !== pointer.input_hash) {
      yield { id: pointer.id, detail: crop ? "read from another image or sheet" : "no image" };
    }
  }
}
