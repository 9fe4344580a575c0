import { aCrop } from "../../../support/crops.ts";
import { type Actor, ask, pick, tell } from "./actor.ts";

const pathOf = ({ user, drawing }: Actor, id: string) =>
  `${user.orgId}/${drawing.projectId}/${id}.png`;

/** Uploads a crop and inserts its row; it is read by itself. */
export async function addCrop(actor: Actor): Promise<void> {
  const id = crypto.randomUUID();
  await upload(actor, id);
  await tell(actor, "insert crop", () =>
    actor.user.client.from("pointers").insert({
      id,
      page_id: actor.drawing.pageId,
      title: `Detail ${actor.cropIds.length}`,
      png_path: pathOf(actor, id),
    }));
  actor.cropIds.push(id);
}

/** Replaces the image of a crop. */
export async function replaceCrop(actor: Actor): Promise<void> {
  const id = pick(actor, actor.cropIds);
  if (!id) return;
  await upload(actor, id);
  await tell(
    actor,
    "update crop",
    () => actor.user.client.from("pointers").update({ png_path: pathOf(actor, id) }).eq("id", id),
  );
}

/** Gives a crop another title, which it is read with. */
export async function renameCrop(actor: Actor): Promise<void> {
  const id = pick(actor, actor.cropIds);
  if (!id) return;
  const title = `Renamed ${Math.floor(actor.random() * 1e6)}`;
  await tell(
    actor,
    "rename crop",
    () => actor.user.client.from("pointers").update({ title }).eq("id", id),
  );
}

/** Deletes a crop and then its object. */
export async function deleteCrop(actor: Actor): Promise<void> {
  const id = pick(actor, actor.cropIds);
  if (!id || actor.cropIds.length < 5) return;
  actor.cropIds = actor.cropIds.filter((other) => other !== id);
  const { client } = actor.user;
  await tell(actor, "delete crop", () => client.from("pointers").delete().eq("id", id));
  await tell(
    actor,
    "remove crop",
    () => client.storage.from("pointer-crops").remove([pathOf(actor, id)]),
  );
}

/** Changes what the sheet says: all its crops are read again. */
export async function editPage(actor: Actor): Promise<void> {
  if (actor.cropIds.length > 30) return;
  const sheet_reflection = `Details, edition ${Math.floor(actor.random() * 1e6)}.`;
  await tell(
    actor,
    "update page",
    () =>
      actor.user.client.from("pages").update({ sheet_reflection }).eq("id", actor.drawing.pageId),
  );
}

/** Has the crops read again that have failed. */
export async function retryCrops(actor: Actor): Promise<void> {
  await ask(actor, `enrichment/projects/${actor.drawing.projectId}/retry`, { body: {} });
}

async function upload(actor: Actor, id: string): Promise<void> {
  const side = () => 10 + Math.floor(90 * actor.random());
  const bytes = aCrop(side(), side());
  await tell(actor, "upload crop", () =>
    actor.user.client.storage.from("pointer-crops")
      .upload(pathOf(actor, id), bytes, { contentType: "image/png", upsert: true }));
}
