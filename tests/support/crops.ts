import { encode } from "fast-png";
import type { User } from "./user.ts";
import { until } from "./until.ts";

/** A small white PNG image. */
export function aCrop(width = 40, height = 30): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    encode({ width, height, channels: 1, data: new Uint8Array(width * height).fill(255) }),
  );
}

/** A project with one page, as Pass 1 makes it. */
export async function createDrawing(
  { client, orgId }: User,
  sheetReflection = "Details of the roof.",
): Promise<{ projectId: string; pageId: string }> {
  const project = await client.from("projects").insert({ org_id: orgId, name: "Pump house" })
    .select("id").single().throwOnError();
  const page = await client.from("pages").insert({
    project_id: project.data.id,
    page_name: "Roof details",
    sheet_number: "A-501",
    sheet_reflection: sheetReflection,
  }).select("id").single().throwOnError();
  return { projectId: project.data.id, pageId: page.data.id };
}

/** Uploads a crop and inserts its row, as Pass 1 does; returns the id. */
export async function addCrop(
  { client, orgId }: User,
  { projectId, pageId }: { projectId: string; pageId: string },
  { title = "Roof drain", bytes = aCrop() as Uint8Array<ArrayBuffer> | null } = {},
): Promise<string> {
  const id = crypto.randomUUID();
  const png_path = `${orgId}/${projectId}/${id}.png`;
  if (bytes) {
    const { error } = await client.storage.from("pointer-crops")
      .upload(png_path, bytes, { contentType: "image/png" });
    if (error) throw error;
  }
  await client.from("pointers").insert({ id, page_id: pageId, title, png_path }).throwOnError();
  return id;
}

/** What a member sees of a crop. */
export async function readCrop({ client }: User, id: string) {
  const { data } = await client.from("pointers")
    .select(
      "enrichment_status, error_message, description, cross_references, enrichment_metadata, attempts, embedding_model",
    )
    .eq("id", id).single().throwOnError();
  return data;
}

/** Waits until a crop has been read, or cannot be. */
export async function waitForCrop(user: User, id: string, seconds = 30) {
  return await until("the crop to be read", async () => {
    const crop = await readCrop(user, id);
    return ["complete", "failed"].includes(crop.enrichment_status) && crop;
  }, { seconds });
}
