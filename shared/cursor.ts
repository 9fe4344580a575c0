import { z } from "zod";

const Position = z.strictObject({
  // Only the characters of a timestamp: the value goes into a filter.
  at: z.string().regex(/^[0-9 T:.+Z-]{10,40}$/),
  id: z.uuid(),
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
