import { unzipSync } from "fflate";

/** A reply of a source that must be in every file made of it. */
export interface Reply {
  conversation_id: string;
  pair_id: string;
  text: string;
}

/** How a file holds its replies. */
export interface FileShape {
  isZip: boolean;
  /** One row a reply. */
  isPair: boolean;
}

/**
 * How many of the replies a file lacks: each text has to be there as often as the sources have it,
 * wherever it stands, and a file of one row a pair needs a row for each.
 */
export function countLost(
  bytes: Uint8Array,
  replies: Reply[],
  { isZip, isPair }: FileShape,
): number {
  const { counts, rows } = readTexts(bytes, isZip);
  let lost = 0;
  // Axolotl's export cuts spaces at a part's end.
  const byText = Map.groupBy(replies, ({ text }) => isZip ? text.trimEnd() : text);
  for (const [text, same] of byText) lost += Math.max(0, same.length - (counts.get(text) ?? 0));
  return isPair ? Math.max(lost, replies.length - rows) : lost;
}

/** Every string of the data, wherever it stands, and how often. */
function readTexts(bytes: Uint8Array, isZip: boolean) {
  const counts = new Map<string, number>();
  const visit = (value: unknown): void => {
    if (typeof value === "string") counts.set(value, (counts.get(value) ?? 0) + 1);
    else if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(visit);
  };
  const data = isZip
    ? Object.entries(unzipSync(bytes)).find(([name]) => name.endsWith(".jsonl"))![1]
    : bytes;
  const text = new TextDecoder().decode(data);
  const rows = text.startsWith('{"training_file_metadata"') ? [text] : text.trimEnd().split("\n");
  for (const row of rows) visit(JSON.parse(row));
  return { counts, rows: rows.length };
}
