import { z } from "zod";

const Row = z.strictObject({
  messages: z
    .array(z.looseObject({
      role: z.enum(["system", "user", "assistant"]),
      content: z.string(),
      weight: z.literal([0, 1]).optional(),
    }))
    .min(1),
});

/**
 * What `together files check` refuses in a conversational file (`validate_messages`, and no column
 * beside `messages`): one sentence for each line, or none.
 */
export function togetherErrors(rows: readonly unknown[]): string[] {
  return rows.flatMap((row, index) => {
    const parsed = Row.safeParse(row);
    if (!parsed.success) return [`line ${index + 1}: ${parsed.error.issues[0]?.message}`];
    const roles = parsed.data.messages.map(({ role }) => role);
    const repeated = roles.findIndex((role, at) => at > 0 && role === roles[at - 1]);
    return repeated === -1 ? [] : [`line ${index + 1}: roles must alternate`];
  });
}
