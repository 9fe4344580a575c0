/** The seven error types of the OpenAI cookbook, "Data preparation and analysis for chat model fine-tuning". */
export type CookbookError =
  | "data_type"
  | "missing_messages_list"
  | "message_missing_key"
  | "message_unrecognized_key"
  | "unrecognized_role"
  | "missing_content"
  | "example_missing_assistant_message";

const KEYS = new Set(["role", "content", "name", "function_call", "weight"]);
const ROLES = new Set(["system", "user", "assistant", "function"]);

/** The notebook's checks, one after the other; and its rule that only assistants carry weight. */
export function cookbookErrors(rows: readonly unknown[]): CookbookError[] {
  return rows.flatMap((row): CookbookError[] => {
    if (!isRecord(row)) return ["data_type"];
    const messages = row["messages"];
    if (!Array.isArray(messages) || messages.length === 0) return ["missing_messages_list"];
    const errors = messages.flatMap(messageErrors);
    const hasReply = messages.some((message) =>
      isRecord(message) && message["role"] === "assistant"
    );
    return hasReply ? errors : [...errors, "example_missing_assistant_message"];
  });
}

function messageErrors(message: unknown): CookbookError[] {
  const errors: CookbookError[] = [];
  const record = isRecord(message) ? message : {};
  const { role, content } = record;
  if (!("role" in record) || !("content" in record)) errors.push("message_missing_key");
  const isUnknown = (key: string) => !KEYS.has(key) || (key === "weight" && role !== "assistant");
  if (Object.keys(record).some(isUnknown)) errors.push("message_unrecognized_key");
  if (typeof role !== "string" || !ROLES.has(role)) errors.push("unrecognized_role");
  if (typeof content !== "string" || content === "") errors.push("missing_content");
  return errors;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
