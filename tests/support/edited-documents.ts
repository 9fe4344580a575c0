import { randomNumbers } from "./random-numbers.ts";

/** A kind of document, made of parts that a person would call paragraphs, and edited part by part. */
export interface DocumentKind {
  format: "text" | "markdown";
  /** What stands before and after all parts. */
  around?: [before: string, after: string];
  /** A part of about so many words. */
  part: (words: Words, count: number) => string;
  /** The most words of a part. */
  most: number;
}

export type Words = (count: number) => string;

const vocabulary =
  ("river station sensor the of before engineer reported and to within unusual pressure gauge valve " +
    "pump annual contract party shall notice period employee travel expense limit security incident " +
    "review a by under at least every written approval manager during each unless otherwise agreed")
    .split(" ");

/** Words that follow from the seed. */
export function wordsFrom(seed: number): Words {
  const random = randomNumbers(seed);
  return (count) =>
    Array.from({ length: count }, () => vocabulary[Math.floor(random() * vocabulary.length)])
      .join(" ");
}

export const documentKinds: Record<string, DocumentKind> = {
  "plain prose": {
    format: "text",
    most: 170,
    part: (words, count) => `${prose(words, count)}\n\n`,
  },
  "short paragraphs of Markdown": {
    format: "markdown",
    most: 40,
    part: (words, count) => `${prose(words, count)}\n\n`,
  },
  "one paragraph of many sentences": {
    format: "text",
    most: 30,
    part: (words, count) => `${prose(words, count)} `,
  },
  "one list": {
    format: "markdown",
    most: 40,
    part: (words, count) => `- ${prose(words, count)}\n`,
  },
  "one table": {
    format: "markdown",
    around: ["| place | note |\n|---|---|\n", ""],
    most: 30,
    part: (words, count) => `| ${words(2)} | ${words(count)} |\n`,
  },
  "one block of code": {
    format: "markdown",
    around: ["```\n", "```\n"],
    most: 10,
    part: (words, count) => `  ${words(1)}("${words(count)}");\n`,
  },
  "many short sections": {
    format: "markdown",
    around: ["# Manual\n\n", ""],
    most: 170,
    part: (words, count) => count % 4 === 0 ? `## ${words(4)}\n\n` : `${prose(words, count)}\n\n`,
  },
};

/** Parts of a kind that together have about so many units, of every length up to the longest. */
export function makeDocumentParts(kind: DocumentKind, length: number, seed = 1): string[] {
  const words = wordsFrom(seed);
  const random = randomNumbers(seed + 1);
  const parts: string[] = [];
  for (let size = 0; size < length; size += parts.at(-1)!.length) {
    parts.push(kind.part(words, 1 + Math.floor(random() * kind.most)));
  }
  return parts;
}

/** Sentences of 5 to 20 words. */
function prose(words: Words, count: number): string {
  const sentences: string[] = [];
  for (let left = count; left > 0; left -= 20) {
    const sentence = words(Math.max(5, Math.min(left, 20)));
    sentences.push(`${sentence[0]!.toUpperCase()}${sentence.slice(1)}.`);
  }
  return sentences.join(" ");
}
