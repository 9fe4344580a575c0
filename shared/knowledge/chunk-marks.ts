import type { Line } from "./chunk-lines.ts";

/** A heading's depth, 1 to 6, and its words. */
export interface Heading {
  level: number;
  title: string;
}

const MAX_HEADING_LEVEL = 6;
const CAPITAL_HEADING_LENGTH = 80;

/** The ATX heading (`## Words ##`) on this line. */
export function atxHeadingOf(line: Line): Heading | undefined {
  if (line.indent > 3) return undefined;
  const content = line.content.trim();
  let level = 0;
  while (content[level] === "#") level++;
  if (level === 0 || level > MAX_HEADING_LEVEL) return undefined;
  const rest = content.slice(level);
  if (rest !== "" && rest[0] !== " " && rest[0] !== "\t") return undefined;
  return { level, title: withoutClosingHashes(rest.trim()) };
}

/**
 * The heading that a paragraph of plain text is: one short line in capitals, as in contracts and
 * manuals. Always of level 1, for nothing tells their depth.
 */
export function capitalHeadingOf(paragraph: string): Heading | undefined {
  const title = paragraph.trim();
  if (title.length > CAPITAL_HEADING_LENGTH || /[\r\n]/.test(title)) return undefined;
  return /\p{Lu}{3}/u.test(title) && !/\p{Ll}/u.test(title) ? { level: 1, title } : undefined;
}

function withoutClosingHashes(title: string): string {
  let end = title.length;
  while (title[end - 1] === "#") end--;
  if (end === title.length) return title;
  if (end === 0) return "";
  return title[end - 1] === " " || title[end - 1] === "\t" ? title.slice(0, end).trim() : title;
}

/** Level of the setext underline (`===` is 1, `---` is 2) on this line. */
export function setextLevelOf(line: Line): number | undefined {
  if (line.indent > 3) return undefined;
  const content = line.content.trim();
  if (consistsOf(content, "=")) return 1;
  if (consistsOf(content, "-")) return 2;
  return undefined;
}

/** Whether the line is a thematic break: three or more of one of `-`, `*`, `_`. */
export function isThematicBreak(line: Line): boolean {
  if (line.indent > 3) return false;
  const marks = line.content.replace(/[ \t]/g, "");
  return marks.length >= 3 && "-*_".includes(marks[0]!) && consistsOf(marks, marks[0]!);
}

/** Whether the line is the row of dashes under a table's head. */
export function isTableDelimiter(line: Line): boolean {
  return line.content.includes("|") && line.content.includes("-") &&
    /^[ \t|:-]+$/.test(line.content);
}

/** The list marker at the start of the line, however deep it is indented, without white space. */
export function listMarkerOf(line: Line): string | undefined {
  return /^(?:\d{1,9}[.)]|[-*+•])(?=[ \t]|$)/.exec(line.content.trimStart())?.[0];
}

/** If the line opens a code fence or leaves an HTML comment open: what tells its closing line. */
export function closerOf(line: Line): ((line: Line) => boolean) | undefined {
  const content = line.content.trim();
  if (content.startsWith("<!--") && !content.includes("-->")) {
    return (later) => later.content.includes("-->");
  }
  const fence = /^(?:`{3,}|~{3,})/.exec(content)?.[0];
  if (!fence) return undefined;
  if (fence[0] === "`" && content.includes("`", fence.length)) return undefined;
  return (later) => {
    const closing = later.content.trim();
    return closing.length >= fence.length && consistsOf(closing, fence[0]!);
  };
}

function consistsOf(content: string, character: string): boolean {
  for (const unit of content) if (unit !== character) return false;
  return content !== "";
}
