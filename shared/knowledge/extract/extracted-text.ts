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

/** A page that is a picture. */
export interface PagePicture {
  /** 1 for the first page of the document. */
  page: number;
  png: Uint8Array;
}

/**
 * What has been read of pages that are pictures, as Markdown by their numbers; asked for the pages
 * that have no text of their own. Null where such pages may not be read.
 */
export type ListReadings = (pages: number[]) => Promise<ReadonlyMap<number, string> | null>;

/** A document as text. */
export interface ExtractedText {
  /** Every offset counts UTF-16 units of it. */
  text: string;
  format: TextFormat;
  /** In order, of formats that have pages. */
  pages?: PageStart[];
  /** The first pages that are pictures and are to be read: the text is not whole without them. */
  pictures?: PagePicture[];
  /** What the values of records are called. */
  columns?: string[];
}
