import { scanBlocks } from "./chunk-blocks.ts";
import type { ExtractedText } from "./extract/extracted-text.ts";

/** A table of a document. */
export interface TablePlace {
  startOffset: number;
  endOffset: number;
  /** The words of its first row. */
  columns: string[];
}

/** The tables of a Markdown document, in order; records are one table, plain text has none. */
export function listTables({ text, format, columns }: ExtractedText): TablePlace[] {
  if (columns) return [{ startOffset: 0, endOffset: text.length, columns }];
  return scanBlocks(text, format).filter(({ kind }) => kind === "table").map(({ start, end }) => {
    const [head = ""] = text.slice(start, end).trimStart().split(/[\r\n]/, 1);
    const cells = head.trim().replace(/^\||(?<!\\)\|$/g, "").split(/(?<!\\)\|/);
    const columns = cells.map((cell) => cell.replaceAll("\\|", "|").trim());
    return { startOffset: start, endOffset: end, columns };
  });
}
