import { type Line, scanLines } from "./chunk-lines.ts";
import {
  atxHeadingOf,
  capitalHeadingOf,
  closerOf,
  type Heading,
  isTableDelimiter,
  isThematicBreak,
  listMarkerOf,
  setextLevelOf,
} from "./chunk-marks.ts";
import type { TextFormat } from "./extract/extracted-text.ts";

/** A piece of a document's structure. White space after a block belongs to it. */
export interface Block {
  start: number;
  end: number;
  kind: BlockKind;
  /** Set for headings only. */
  heading?: Heading;
}

export type BlockKind = "heading" | "paragraph" | "list" | "code" | "table" | "records";

const FRONT_MATTER_LINES = 200;
const UNDERLINED_HEADING_LENGTH = 200;

/**
 * Splits a document into blocks that cover it without a gap, in one pass over its lines. Plain text
 * has paragraphs, lists and headings in capitals only, records are one block. What CommonMark leaves
 * open to the end of the document (a fence or a comment that never closes) is one block of code to
 * the end.
 */
export function scanBlocks(text: string, format: TextFormat): Block[] {
  if (format === "records") return [{ start: 0, end: text.length, kind: "records" }];
  const scan = new BlockScan(text, format);
  const frontMatterEnd = format === "markdown" ? findFrontMatterEnd(text) : 0;
  if (frontMatterEnd > 0) scan.blocks.push({ start: 0, end: 0, kind: "code" });
  for (const line of scanLines(text)) {
    if (line.start >= frontMatterEnd) scan.read(line);
  }
  const { blocks } = scan;
  blocks.forEach((block, at) => {
    if (at === 0) block.start = 0;
    block.end = blocks[at + 1]?.start ?? text.length;
  });
  return format === "text" ? blocks.map((block) => withCapitalHeading(text, block)) : blocks;
}

function withCapitalHeading(text: string, block: Block): Block {
  const heading = capitalHeadingOf(text.slice(block.start, block.end));
  return heading ? { ...block, kind: "heading", heading } : block;
}

function findFrontMatterEnd(text: string): number {
  let count = 0;
  for (const line of scanLines(text)) {
    const content = line.content.trimEnd();
    if (count === 0 ? content !== "---" : line.isBlank) return 0;
    if (count > 0 && (content === "---" || content === "...")) return line.end;
    if (++count > FRONT_MATTER_LINES) return 0;
  }
  return 0;
}

class BlockScan {
  readonly blocks: Block[] = [];
  readonly #text: string;
  readonly #isMarkdown: boolean;
  /** The kind of the last block while further lines may still join it. */
  #open: BlockKind | undefined;
  #closes: ((line: Line) => boolean) | undefined;
  #isAfterBlank = true;
  #previous: Line | undefined;

  constructor(text: string, format: TextFormat) {
    this.#text = text;
    this.#isMarkdown = format === "markdown";
  }

  read(line: Line): void {
    if (this.#closes && !this.#leavesListItem(line)) {
      if (this.#closes(line)) this.#closes = undefined;
      return;
    }
    this.#closes = undefined;
    if (line.isBlank) {
      this.#isAfterBlank = true;
      return;
    }
    if (!this.#continuesList(line) && !this.#startsMarkdown(line)) this.#readText(line);
    this.#isAfterBlank = false;
    this.#previous = line;
  }

  /** A fence inside a list item ends with the item, closed or not. */
  #leavesListItem(line: Line): boolean {
    return this.#open === "list" && !line.isBlank && line.indent < 2;
  }

  #continuesList(line: Line): boolean {
    if (this.#open !== "list") return false;
    if (this.#isMarkdown && line.indent < 2) {
      if (isThematicBreak(line) || atxHeadingOf(line) || closerOf(line)) return false;
    }
    if (listMarkerOf(line)) return true;
    if (line.indent < 2) return !this.#isAfterBlank;
    if (this.#isMarkdown) this.#closes = closerOf(line);
    return true;
  }

  #startsMarkdown(line: Line): boolean {
    if (!this.#isMarkdown) return false;
    const heading = atxHeadingOf(line);
    if (heading) return this.#push("heading", line, { heading });
    const closes = line.indent <= 3 ? closerOf(line) : undefined;
    if (closes) {
      this.#closes = closes;
      return this.#push("code", line);
    }
    if (this.#continues("paragraph") && this.#reshapesParagraph(line)) return true;
    if (isThematicBreak(line)) return this.#push("paragraph", line);
    if (line.indent < 4 || this.#continues("paragraph") || listMarkerOf(line)) return false;
    return this.#open === "code" || this.#push("code", line, { open: "code" });
  }

  /** A line under a paragraph can make it a heading, or its last line the head of a table. */
  #reshapesParagraph(line: Line): boolean {
    const previous = this.#previous!;
    const block = this.blocks.at(-1)!;
    const level = setextLevelOf(line);
    if (level) return this.#underlines(block, line, level);
    if (!previous.content.includes("|") || !isTableDelimiter(line)) return false;
    if (block.start < previous.start) return this.#push("table", previous, { open: "table" });
    block.kind = "table";
    this.#open = "table";
    return true;
  }

  #underlines(block: Block, line: Line, level: number): boolean {
    const title = this.#text.slice(block.start, line.start).trim().replace(/\s+/g, " ");
    // CommonMark would make a heading of a whole paragraph with a rule drawn under it.
    if (title.startsWith(">") || title.length > UNDERLINED_HEADING_LENGTH) return false;
    block.kind = "heading";
    block.heading = { level, title };
    this.#open = undefined;
    return true;
  }

  #readText(line: Line): void {
    const marker = listMarkerOf(line);
    // A wrapped line may begin with "1986." by chance.
    const interrupts = marker !== undefined && (!/^\d/.test(marker) || parseInt(marker) === 1);
    if (marker && (interrupts || !this.#continues("paragraph"))) {
      this.#push("list", line, { open: "list" });
    } else if (!this.#continues("table") && !this.#continues("paragraph")) {
      this.#push("paragraph", line, { open: "paragraph" });
    }
  }

  #continues(kind: BlockKind): boolean {
    return this.#open === kind && !this.#isAfterBlank;
  }

  #push(kind: BlockKind, line: Line, more: { heading?: Heading; open?: BlockKind } = {}): true {
    this.blocks.push({ start: line.start, end: line.end, kind, heading: more.heading });
    this.#open = more.open;
    return true;
  }
}
