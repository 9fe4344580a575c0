import { z } from "zod";
import { renderDrawing } from "../support/render-drawing.ts";
import type { DemoUser } from "./sign-up.ts";

const folder = new URL("../../samples/drawings/", import.meta.url);

const Project = z.object({
  name: z.string(),
  pages: z.array(z.object({
    discipline: z.string(),
    page_name: z.string(),
    sheet_number: z.string(),
    sheet_reflection: z.string(),
    crops: z.array(z.object({
      title: z.string(),
      file: z.string(),
      bbox: z.record(z.string(), z.number()),
    })),
  })),
});

/** A crop of the demo's project, as it was handed in. */
export interface DemoCrop {
  id: string;
  title: string;
  path: string;
  png: Uint8Array<ArrayBuffer>;
}

/**
 * Makes the project of samples/drawings, as Pass 1 would: disciplines, pages, then each crop's
 * image and row. The image of the crop that `spoil` names is cut off.
 */
export async function createDrawingProject(
  { client, orgId }: DemoUser,
  spoil: string,
): Promise<{ id: string; crops: DemoCrop[] }> {
  const { name, pages } = Project.parse(
    JSON.parse(await Deno.readTextFile(new URL("project.json", folder))),
  );
  const project = await client.from("projects").insert({ org_id: orgId, name }).select().single()
    .throwOnError();
  const crops: DemoCrop[] = [];
  for (const { discipline, crops: drawn, ...page } of pages) {
    const { data: own } = await client.from("disciplines")
      .insert({ project_id: project.data.id, name: discipline }).select().single().throwOnError();
    const { data: row } = await client.from("pages")
      .insert({ ...page, project_id: project.data.id, discipline_id: own.id }).select().single()
      .throwOnError();
    for (const { title, file, bbox } of drawn) {
      const id = crypto.randomUUID();
      const path = `${orgId}/${project.data.id}/${id}.png`;
      const png = new Uint8Array(
        await renderDrawing(await Deno.readTextFile(new URL(file, folder))),
      );
      const bytes = file === spoil ? png.slice(0, png.length / 2) : png;
      const { error } = await client.storage.from("pointer-crops")
        .upload(path, bytes, { contentType: "image/png" });
      if (error) throw error;
      await client.from("pointers").insert({ id, page_id: row.id, title, png_path: path, bbox })
        .throwOnError();
      crops.push({ id, title, path, png });
    }
  }
  return { id: project.data.id, crops };
}
