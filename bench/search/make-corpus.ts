import { randomNumbers } from "../../tests/support/random-numbers.ts";
import { makeWords } from "./make-words.ts";

/** Width of the vectors. */
export const dimensions = 1024;

/** Chunks of a document. */
const documentSize = 100;
/** Directions in which the vectors differ: text embeddings have some tens, not a thousand. */
const latentSize = 32;
const clusterCount = 250;

/** Chunks of organisations with their vectors, by their numbers. */
export interface Corpus {
  size: number;
  /** Chunks of each organisation, the largest first. */
  orgSizes: number[];
  /** The organisation and the document of each chunk. */
  orgOf: Uint8Array;
  documentOf: Uint32Array;
  /** Unit vectors, one after the other. */
  vectors: Float32Array;
  texts: string[];
  /** A question like a chunk of an organisation: its vector, and a few words of the chunk. */
  ask(org: number): Question;
}

/** What is searched for. */
export interface Question {
  text: string;
  vector: Float32Array;
}

/**
 * Clustered random vectors over organisations whose sizes fall as 1 / rank, documents of all of
 * them in random order, as they come in. The same seed makes the same corpus.
 */
export function makeCorpus(size: number, orgCount: number, seed = 1): Corpus {
  const random = randomNumbers(seed);
  const gauss = makeGauss(random);
  const nextText = makeWords(random);
  const directions = Float32Array.from({ length: latentSize * dimensions }, gauss);
  const clusters = Array.from({ length: clusterCount }, () => drawLatent(gauss, null, 1));
  const orgSizes = divide(size, orgCount);
  const { orgOf, documentOf } = placeDocuments(orgSizes, size, random);
  const latents: Float32Array[] = [];
  const vectors = new Float32Array(size * dimensions);
  const texts: string[] = [];
  for (let row = 0; row < size; row++) {
    const latent = drawLatent(gauss, clusters[Math.floor(random() * clusterCount)]!, 0.5);
    latents.push(latent);
    project(latent, directions, vectors.subarray(row * dimensions, (row + 1) * dimensions));
    texts.push(nextText(120));
  }
  const rowsOf = orgSizes.map((_, org) => indexesOf(orgOf, org));
  const ask = (org: number): Question => {
    const rows = rowsOf[org]!;
    const row = rows[Math.floor(random() * rows.length)]!;
    const vector = new Float32Array(dimensions);
    project(drawLatent(gauss, latents[row]!, 0.2), directions, vector);
    const words = texts[row]!.split(" ");
    const start = Math.floor(random() * (words.length - 5));
    return { text: words.slice(start, start + 5).join(" "), vector };
  };
  return { size, orgSizes, orgOf, documentOf, vectors, texts, ask };
}

function makeGauss(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function drawLatent(gauss: () => number, centre: Float32Array | null, spread: number) {
  return Float32Array.from(
    { length: latentSize },
    (_, at) => (centre?.[at] ?? 0) + spread * gauss(),
  );
}

/** Writes the unit vector of a latent one. */
function project(latent: Float32Array, directions: Float32Array, into: Float32Array): void {
  let square = 0;
  for (let direction = 0; direction < latentSize; direction++) {
    const weight = latent[direction]!;
    const offset = direction * dimensions;
    for (let at = 0; at < dimensions; at++) into[at]! += weight * directions[offset + at]!;
  }
  for (let at = 0; at < dimensions; at++) square += into[at]! ** 2;
  const length = Math.sqrt(square);
  for (let at = 0; at < dimensions; at++) into[at]! /= length;
}

function divide(size: number, orgCount: number): number[] {
  const shares = Array.from({ length: orgCount }, (_, rank) => 1 / (rank + 1));
  const sum = shares.reduce((total, share) => total + share, 0);
  const sizes = shares.map((share) => Math.floor((size * share) / sum));
  sizes[0]! += size - sizes.reduce((total, own) => total + own, 0);
  return sizes;
}

function placeDocuments(orgSizes: number[], size: number, random: () => number) {
  const documents = orgSizes.flatMap((chunks, org) =>
    Array.from({ length: Math.ceil(chunks / documentSize) }, (_, at) => ({
      org,
      chunks: Math.min(documentSize, chunks - at * documentSize),
      place: random(),
    }))
  ).sort((a, b) => a.place - b.place);
  const orgOf = new Uint8Array(size);
  const documentOf = new Uint32Array(size);
  let row = 0;
  for (const [number, { org, chunks }] of documents.entries()) {
    orgOf.fill(org, row, row + chunks);
    documentOf.fill(number, row, row + chunks);
    row += chunks;
  }
  return { orgOf, documentOf };
}

function indexesOf(orgOf: Uint8Array, org: number): number[] {
  const rows: number[] = [];
  for (let row = 0; row < orgOf.length; row++) if (orgOf[row] === org) rows.push(row);
  return rows;
}
