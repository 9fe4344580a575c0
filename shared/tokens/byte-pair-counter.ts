import { endOfPiece } from "./end-of-piece.ts";
import { PieceCounts } from "./piece-counts.ts";
import { unpackTokens } from "./unpack-tokens.ts";
import { NONE, Vocabulary } from "./vocabulary.ts";
import { writeUtf8 } from "./write-utf8.ts";

const POSITION_STEP = 2 ** 26;

/** Longer pieces are rare, and their arrays are not kept. */
const SHORT_PIECE = 256;

/** What the bytes of one piece are merged in, one place a byte. */
interface Board {
  bytes: Uint8Array;
  /** Where the next token begins. */
  next: Int32Array;
  /** Where the token before begins. */
  previous: Int32Array;
  /** Rank of what a token and its next merge into, or NONE. */
  pairs: Int32Array;
}

/**
 * A counter of the tokens of texts in one encoding, equal to `countTokens` of gpt-tokenizer with
 * every special token read as plain text, so that `<|endoftext|>` in a document counts and never
 * throws.
 *
 * It takes the package's tokens and not its encoder, whose merge grows with the square of a run's
 * length. Here a run of n bytes costs n log n.
 */
export function bytePairCounter(packed: string, splitter: RegExp): (text: string) => number {
  const pattern = new RegExp(splitter, splitter.flags.replace("g", "y"));
  let counts: PieceCounts | undefined;
  return (text) => {
    counts ??= new PieceCounts(pieceCounter(new Vocabulary(unpackTokens(packed))));
    let sum = 0;
    for (let start = 0; start < text.length;) {
      const end = endOfPiece(text, start, pattern);
      sum += counts.get(text, start, end);
      start = end;
    }
    return sum;
  };
}

function pieceCounter(vocabulary: Vocabulary): (piece: string) => number {
  const shortBoard = boardOf(SHORT_PIECE);
  return (piece) => {
    // A UTF-16 unit has at most three bytes.
    const board = 3 * piece.length <= SHORT_PIECE ? shortBoard : boardOf(3 * piece.length);
    const size = writeUtf8(piece, board.bytes);
    if (vocabulary.find(board.bytes, 0, size) !== NONE) return 1;
    return countMerged(board, size, vocabulary);
  };
}

function boardOf(size: number): Board {
  return {
    bytes: new Uint8Array(size),
    next: new Int32Array(size),
    previous: new Int32Array(size),
    pairs: new Int32Array(size),
  };
}

/** Byte pair merges, lowest rank first and leftmost among equals, with a heap of candidates. */
function countMerged(
  { bytes, next, previous, pairs }: Board,
  size: number,
  vocabulary: Vocabulary,
): number {
  const heap: number[] = [];
  const offer = (at: number) => {
    const right = next[at]!;
    const rank = right < size ? vocabulary.find(bytes, at, next[right]!) : NONE;
    pairs[at] = rank;
    if (rank !== NONE) pushToHeap(heap, rank * POSITION_STEP + at);
  };
  for (let at = 0; at < size; at++) {
    next[at] = at + 1;
    previous[at] = at - 1;
  }
  for (let at = 0; at < size; at++) offer(at);
  let count = size;
  while (heap.length > 0) {
    const candidate = popFromHeap(heap);
    const at = candidate % POSITION_STEP;
    // A pair that has changed since it was offered is offered again under its new rank.
    if (pairs[at] !== Math.floor(candidate / POSITION_STEP)) continue;
    const right = next[at]!;
    pairs[right] = NONE;
    next[at] = next[right]!;
    if (next[at]! < size) previous[next[at]!] = at;
    count--;
    offer(at);
    if (previous[at]! >= 0) offer(previous[at]!);
  }
  return count;
}

function pushToHeap(heap: number[], value: number): void {
  let at = heap.length;
  heap.push(value);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent]! <= value) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = value;
}

function popFromHeap(heap: number[]): number {
  const top = heap[0]!;
  const last = heap.pop()!;
  const size = heap.length;
  if (size === 0) return top;
  let at = 0;
  for (let child = 1; child < size; child = 2 * at + 1) {
    if (child + 1 < size && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= last) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return top;
}
