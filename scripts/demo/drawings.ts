import { createDrawingProject, type DemoCrop } from "./drawing-project.ts";
import { bar, type Narrator } from "./narrate.ts";
import { type DemoUser, get, invoke } from "./sign-up.ts";

interface Progress {
  pending: number;
  processing: number;
  complete: number;
  failed: number;
  total: number;
}

interface SearchAnswer {
  matches: { source: string; id: string; title: string; content: string }[];
}

const question = "what anchors the roof drain";

/** Crops of drawings become knowledge, without anybody asking for it. */
export async function demoDrawings(narrator: Narrator, user: DemoUser): Promise<void> {
  narrator.chapter("Pass 2: crops of drawings become searchable knowledge");
  const project = await createDrawingProject(user, "slab-edge.svg");
  narrator.say(`made a project of two sheets with ${project.crops.length} crops; one is cut off`);
  const { count } = await user.client.from("experience_files")
    .select("*", { count: "exact", head: true }).eq("project_id", project.id);
  narrator.check(count === 5, "the project has its five Experience files");

  await waitUntilRead(narrator, user, project.id);
  const spoilt = project.crops.at(-1)!;
  await checkSpoilt(narrator, user, spoilt);
  await repair(narrator, user, project.id, spoilt);
  await showReading(narrator, user, project.crops[0]!);
  await search(narrator, user, project.crops[0]!);
}

async function waitUntilRead(
  narrator: Narrator,
  user: DemoUser,
  projectId: string,
): Promise<Progress> {
  const deadline = performance.now() + 180_000;
  for (let shown = ""; performance.now() < deadline;) {
    const progress = await get<Progress>(user, `enrichment/projects/${projectId}/progress`);
    const { complete, failed, processing, total } = progress;
    const line = `${bar((complete + failed) / total)} ${complete} of ${total} crops read, ` +
      `${processing} being read, ${failed} failed`;
    if (line !== shown) narrator.say(line);
    shown = line;
    if (complete + failed === total) return progress;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  throw new Error("the crops were not read within three minutes");
}

async function readPointer({ client }: DemoUser, id: string) {
  const { data } = await client.from("pointers")
    .select("enrichment_status, error_message, description").eq("id", id).single().throwOnError();
  return data;
}

async function checkSpoilt(narrator: Narrator, user: DemoUser, crop: DemoCrop): Promise<void> {
  const { enrichment_status, error_message } = await readPointer(user, crop.id);
  narrator.check(
    enrichment_status === "failed" && error_message !== null,
    `the crop that is cut off has failed: “${error_message}”`,
  );
}

async function repair(
  narrator: Narrator,
  user: DemoUser,
  projectId: string,
  crop: DemoCrop,
): Promise<void> {
  const { error } = await user.client.storage.from("pointer-crops")
    .upload(crop.path, crop.png, { contentType: "image/png", upsert: true });
  if (error) throw error;
  const { queued } = await invoke<{ queued: number }>(
    user,
    `enrichment/projects/${projectId}/retry`,
    {},
  );
  narrator.say(`uploaded it again; ${queued} failed crop queued`);
  const { complete, total } = await waitUntilRead(narrator, user, projectId);
  narrator.check(complete === total, "every crop is read");
}

async function showReading(narrator: Narrator, user: DemoUser, crop: DemoCrop): Promise<void> {
  narrator.say(crop.title);
  const { description } = await readPointer(user, crop.id);
  narrator.quote(description ?? "", 14);
  const { data: links } = await user.client.from("pointer_links")
    .select("raw, target_pointer_id").eq("pointer_id", crop.id).throwOnError();
  for (const { raw, target_pointer_id } of links) {
    const { data: target } = await user.client.from("pointers").select("title")
      .eq("id", target_pointer_id ?? crop.id).single().throwOnError();
    narrator.say(`“${raw}” leads to ${target_pointer_id ? target.title : "nothing yet"}`);
  }
  narrator.check(
    links.some((link) => link.target_pointer_id !== null),
    "its reference to the deck opening leads to that crop",
  );
}

async function search(narrator: Narrator, user: DemoUser, crop: DemoCrop): Promise<void> {
  const { matches } = await invoke<SearchAnswer>(user, "search", { query: question });
  narrator.say(`“${question}”, asked of documents and drawings together`);
  const [best] = matches;
  if (best) narrator.quote(`${best.source}: ${best.title}\n${best.content}`);
  narrator.check(
    best?.id === crop.id && /CLAMP BOLTS/i.test(best.content),
    "the first match is the drawing that answers it",
  );
}
