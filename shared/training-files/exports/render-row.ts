import type { ChatRow } from "../normalise/chat-row.ts";
import type { Loss } from "./export-options.ts";
import type { ExportFormat } from "./formats.ts";
import { alpacaLine } from "./rows/alpaca-line.ts";
import { axolotlLine } from "./rows/axolotl-line.ts";
import { chatLine } from "./rows/chat-line.ts";
import { sharegptLine } from "./rows/sharegpt-line.ts";
import { trlLine } from "./rows/trl-line.ts";

const LINES: Record<ExportFormat, (row: ChatRow, loss: Loss) => unknown> = {
  openai: chatLine,
  messages: chatLine,
  sharegpt: sharegptLine,
  alpaca: alpacaLine,
  trl: trlLine,
  llamafactory: sharegptLine,
  axolotl: axolotlLine,
};

/** One line of an export's data file, without its line feed. */
export function renderRow(row: ChatRow, format: ExportFormat, loss: Loss): string {
  return JSON.stringify(LINES[format](row, loss));
}
