import { z } from "zod";

const Tags = z.strictObject({
  role_tag: z.string(),
  content_tag: z.string(),
  user_tag: z.string(),
  assistant_tag: z.string(),
  observation_tag: z.string(),
  function_tag: z.string(),
  system_tag: z.string(),
});

/** An entry of `dataset_info.json`, all seven tags named. */
export const DatasetEntry = z.strictObject({
  file_name: z.string(),
  formatting: z.literal("sharegpt"),
  columns: z.strictObject({ messages: z.string(), system: z.string() }),
  tags: Tags,
});
export type DatasetEntry = z.infer<typeof DatasetEntry>;

/**
 * The rows that `SharegptDatasetConverter` and the supervised processor keep: odd places hold the
 * user or an observation, even ones the assistant or a function, the number is even, and a
 * prompt of odd length meets one answer. All others it drops with a log line only.
 */
export function survivors(rows: readonly unknown[], entry: DatasetEntry): unknown[] {
  const { tags, columns } = entry;
  const odd = [tags.user_tag, tags.observation_tag];
  const even = [tags.assistant_tag, tags.function_tag];
  const Message = z.looseObject({ [tags.role_tag]: z.string(), [tags.content_tag]: z.string() });
  const Row = z.looseObject({ [columns.messages]: z.array(Message), [columns.system]: z.string() });
  return rows.filter((row) => {
    const messages = z.array(Message).parse(Row.parse(row)[columns.messages]);
    const isSystem = messages[0]?.[tags.role_tag] === tags.system_tag;
    const turns = isSystem ? messages.slice(1) : messages;
    const isAligned = turns.every((turn, index) =>
      (index % 2 === 0 ? odd : even).includes(z.string().parse(turn[tags.role_tag]))
    );
    return isAligned && turns.length % 2 === 0 && turns.length > 0;
  });
}
