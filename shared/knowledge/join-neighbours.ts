/** A piece of a document, with its place in it. Offsets count UTF-16 units of the document's text. */
export interface Piece {
  source: string;
  document_id: string | null;
  content: string;
  ordinal?: number | null;
  start_offset?: number | null;
  end_offset?: number | null;
}

/** Pieces of one document that follow each other, in reading order; or one piece alone. */
export interface Run<T extends Piece> {
  first: T;
  last: T;
  /** Their text, in which what two of them share stands once. */
  text: string;
}

/**
 * Two runs as one when the second goes on where the first ends: the same document, the next
 * ordinal, and offsets that meet or overlap by text that both have. Null otherwise.
 */
export function joinNeighbours<T extends Piece>(before: Run<T>, after: Run<T>): Run<T> | null {
  const { last } = before;
  const { first } = after;
  if (last.source !== first.source) return null;
  if (last.document_id === null || last.document_id !== first.document_id) return null;
  if (last.ordinal == null || last.ordinal + 1 !== first.ordinal) return null;
  if (last.end_offset == null || first.start_offset == null) return null;
  const overlap = last.end_offset - first.start_offset;
  if (overlap < 0 || overlap > first.content.length) return null;
  if (!last.content.endsWith(first.content.slice(0, overlap))) return null;
  return { first: before.first, last: after.last, text: before.text + after.text.slice(overlap) };
}
