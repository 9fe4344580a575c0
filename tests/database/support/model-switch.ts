import type { TestDatabase } from "../../support/test-database.ts";
import type { Cast } from "./cast.ts";
import { chunksOf, find, models } from "./embedding-models.ts";
import { createDocument, train } from "./training.ts";

/** What `searchModel` answers before a switch: nothing has changed for who searches. */
export const unchanged = {
  model: models.a,
  count: 4,
  best: { content: "Passage 1", similarity: 1 },
};

/** What it answers after a switch to model b. */
export const switched = { ...unchanged, model: models.b };

/** Gives an organisation two documents of two passages, trained with model a. */
export async function trainTwo(
  db: TestDatabase,
  { orgId, editor }: Cast,
): Promise<[string, string]> {
  const documents: [string, string] = [
    await createDocument(db, orgId),
    await createDocument(db, orgId),
  ];
  await train(db, editor, documents[0], chunksOf(models.a, [1, 2]));
  await train(db, editor, documents[1], chunksOf(models.a, [3, 4]));
  return documents;
}

/** The best match of a number's vector of a model. */
export async function found(
  db: TestDatabase,
  { orgId, viewer }: Cast,
  model: string,
  number: number,
) {
  return (await find(db, viewer, orgId, model, number))[0];
}

/** The model whose questions are taken, and what is found with it. */
export async function searchModel(db: TestDatabase, { orgId, viewer }: Cast) {
  for (const model of [models.a, models.b, models.c]) {
    const rows = await find(db, viewer, orgId, model, 1).catch(() => null);
    if (rows) return { model, count: rows.length, best: rows[0] };
  }
}
