/**
 * How the text is structured: Markdown has headings, fences and tables, plain text has not; of
 * records each is a line that can be read alone.
 */
export type TextFormat = "markdown" | "text" | "records";

/** Where a page begins. Pages without text are left out. */
export interface PageStart {
  /** 1 for the first page of the document. */
  page: number;
  startOffset: number;
}

/** A document as text. */
export interface ExtractedText {
  /** Every offset counts UTF-16 units of it. */
  text: string;
  format: TextFormat;
  /** In order, of formats that have pages. */
  pages?: PageStart[];
  /** What the values of records are called. */
  columns?: string[];
}
