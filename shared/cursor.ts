import { z } from "zod";

const Position = z.strictObject({
  // As PostgREST writes a timestamptz in UTC, and nothing else: the value goes into a filter.
  at: z.iso.datetime({ offset: true }).regex(/^[1-9]\d{3}-.{5}T.{8}(\.\d{1,6})?(Z|\+00:00)$/),
  id: z.guid(),
});

/** Where a page ended: the time and the id of its last row, as an opaque string outside. */
export const Cursor = z.string().max(200).transform((text, context) => {
  try {
    return Position.parse(JSON.parse(atob(text)));
  } catch {
    context.addIssue({ code: "custom", message: "is not a cursor of ours" });
    return z.NEVER;
  }
});

/** The opaque form of a position. */
export function encodeCursor(position: z.infer<typeof Position>): string {
  return btoa(JSON.stringify(position));
}
