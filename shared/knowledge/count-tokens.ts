import cl100kRanks from "gpt-tokenizer/bpeRanks/cl100k_base";
import { CL100K_TOKEN_SPLIT_REGEX } from "gpt-tokenizer/encodingParams/constants";

interface Vocabulary {
  /** Rank by the token's bytes, each byte one character. */
  rankOf: Map<string, number>;
  /** The token's bytes by rank, each byte one character. */
  bytesOf: string[];
  /** Rank of each of the 256 single bytes. */
  byteRanks: Int32Array;
}

const RANK_STEP = 2 ** 17;
const POSITION_STEP = 2 ** 26;
const PAIR_CACHE_SIZE = 200_000;
const NONE = -1;

const encoder = new TextEncoder();
const pairRanks = new Map<number, number>();
let vocabulary: Vocabulary | undefined;

/**
 * Number of cl100k_base tokens in `text`, equal to `countTokens` of gpt-tokenizer with every special
 * token read as plain text, so that `<|endoftext|>` in a document counts and never throws.
 *
 * It takes the package's ranks and not its encoder, whose merge costs 2 µs a byte outside the
 * vocabulary and grows with the square of a run's length. Here a run of n bytes costs n log n.
 */
export function countTokens(text: string): number {
  vocabulary ??= readVocabulary();
  let count = 0;
  for (const [piece] of text.matchAll(CL100K_TOKEN_SPLIT_REGEX)) {
    const bytes = toByteString(piece);
    count += vocabulary.rankOf.has(bytes) ? 1 : countMerged(bytes, vocabulary);
  }
  return count;
}

function readVocabulary(): Vocabulary {
  const bytesOf = cl100kRanks.map((token) =>
    typeof token === "string" ? toByteString(token) : String.fromCharCode(...token)
  );
  const rankOf = new Map(bytesOf.map((bytes, rank) => [bytes, rank]));
  const byteRanks = Int32Array.from(
    { length: 256 },
    (_, byte) => rankOf.get(String.fromCharCode(byte)) ?? NONE,
  );
  return { rankOf, bytesOf, byteRanks };
}

function toByteString(text: string): string {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  let bytes = "";
  for (const byte of encoder.encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** Byte pair merges, lowest rank first and leftmost among equals, with a heap of candidates. */
function countMerged(bytes: string, vocabulary: Vocabulary): number {
  const size = bytes.length;
  const tokens = new Int32Array(size);
  const next = new Int32Array(size);
  const previous = new Int32Array(size);
  const pairs = new Int32Array(size);
  for (let at = 0; at < size; at++) {
    tokens[at] = vocabulary.byteRanks[bytes.charCodeAt(at)]!;
    next[at] = at + 1;
    previous[at] = at - 1;
  }
  const heap: number[] = [];
  const offer = (at: number) => {
    const right = next[at]!;
    const rank = right < size ? rankOfPair(tokens[at]!, tokens[right]!, vocabulary) : NONE;
    pairs[at] = rank;
    if (rank !== NONE) pushToHeap(heap, rank * POSITION_STEP + at);
  };
  for (let at = 0; at < size - 1; at++) offer(at);
  let count = size;
  while (heap.length > 0) {
    const candidate = popFromHeap(heap);
    const at = candidate % POSITION_STEP;
    // A pair that has changed since it was offered is offered again under its new rank.
    if (pairs[at] !== Math.floor(candidate / POSITION_STEP)) continue;
    const right = next[at]!;
    tokens[at] = pairs[at]!;
    pairs[right] = NONE;
    next[at] = next[right]!;
    if (next[at]! < size) previous[next[at]!] = at;
    count--;
    offer(at);
    if (previous[at]! >= 0) offer(previous[at]!);
  }
  return count;
}

function rankOfPair(left: number, right: number, vocabulary: Vocabulary): number {
  const key = left * RANK_STEP + right;
  const known = pairRanks.get(key);
  if (known !== undefined) return known;
  const { rankOf, bytesOf } = vocabulary;
  const rank = rankOf.get(bytesOf[left]! + bytesOf[right]!) ?? NONE;
  if (pairRanks.size >= PAIR_CACHE_SIZE) pairRanks.clear();
  pairRanks.set(key, rank);
  return rank;
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
