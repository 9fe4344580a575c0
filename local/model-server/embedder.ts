import { planSlices } from "./plan-slices.ts";
import { ENCODER_DIMENSIONS, type SentenceEncoder } from "./sentence-encoder.ts";
import { SliceQueue } from "./slice-queue.ts";

/** A request of so few slices is answered ahead of bulk work. */
const URGENT_SLICES = 2;

/** Vectors of unit length, in the order of the inputs, and the tokens that were read for them. */
export interface Embeddings {
  vectors: Float32Array<ArrayBuffer>[];
  tokens: number;
}

/** Embeds texts of any length with a model that reads 128 tokens, for many callers at once. */
export class Embedder {
  #encoder: Promise<SentenceEncoder>;
  #queue = new SliceQueue();

  constructor(encoder: Promise<SentenceEncoder>) {
    this.#encoder = encoder;
  }

  /**
   * The vector of a text is the mean of its windows' vectors, weighted by their tokens, brought
   * to length 1 and filled up with zeros to `dimensions`. Throws what `planSlices` throws, and
   * stops between two slices, with the signal's reason, once the signal is aborted.
   */
  async embed(inputs: string[], dimensions: number, signal: AbortSignal): Promise<Embeddings> {
    const encoder = await this.#encoder;
    const { slices, tokens } = await planSlices(inputs, encoder, signal);
    const level = slices.length <= URGENT_SLICES ? "urgent" : "bulk";
    const sums = inputs.map(() => new Float64Array(ENCODER_DIMENSIONS));
    for (const [place, slice] of slices.entries()) {
      const texts = slice.map((window) => window.text);
      const vectors = await this.#queue.turn(
        level,
        slices.length - place,
        signal,
        () => encoder.encode(texts),
      );
      for (const [row, { index, tokens }] of slice.entries()) {
        addScaled(sums[index], vectors[row], tokens);
      }
    }
    return { vectors: sums.map((sum) => toUnitVector(sum, dimensions)), tokens };
  }
}

function addScaled(sum: Float64Array | undefined, vector: number[] | undefined, scale: number) {
  if (!sum || !vector) throw new Error("The model gave fewer vectors than it was given texts.");
  for (const [i, value] of vector.entries()) sum[i] = (sum[i] ?? 0) + value * scale;
}

function toUnitVector(sum: Float64Array, dimensions: number): Float32Array<ArrayBuffer> {
  const length = Math.hypot(...sum);
  const vector = new Float32Array(dimensions);
  vector.set(sum.map((value) => value / length));
  return vector;
}
