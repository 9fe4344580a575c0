import { askUntilHeard, type Question } from "./ask-until-heard.ts";

/** As many as the API answers with. */
export const PAGE_SIZE = 1000;

/**
 * All rows of a question that is asked page by page, `PAGE_SIZE` rows at a time in the order of
 * their place: those after the place of the last one.
 */
export async function* listRows<T, Place>(
  ask: (after: Place | null) => Question<T[]>,
  placeOf: (row: T) => Place,
): AsyncGenerator<T> {
  let after: Place | null = null;
  for (;;) {
    const page: T[] = await askUntilHeard(() => ask(after));
    yield* page;
    if (page.length < PAGE_SIZE) return;
    after = placeOf(page.at(-1)!);
  }
}
