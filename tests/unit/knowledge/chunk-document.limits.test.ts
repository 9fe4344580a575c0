import process from "node:process";
import { describe, expect, test } from "vitest";
import { chunkDocument } from "../../../shared/knowledge/chunk-document.ts";

const MEGABYTE = 1_000_000;
const WORDS = "river station sensor the of before engineer reported and to within unusual".split(
  " ",
);

/** Repeatable noise: the same seed gives the same numbers from 0 to 1. */
function randomNumbers(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

function fill(length: number, next: (random: () => number) => string): string {
  const random = randomNumbers(length);
  const pieces: string[] = [];
  for (let size = 0; size < length;) {
    const piece = next(random);
    pieces.push(piece);
    size += piece.length;
  }
  return pieces.join("").slice(0, length);
}

function sentence(random: () => number): string {
  const words = Array.from({ length: 12 }, () => WORDS[Math.floor(random() * WORDS.length)]);
  return `The ${words.join(" ")}. `;
}

function markdown(random: () => number): string {
  const kind = random();
  if (kind < 0.15) return `## ${sentence(random).slice(0, 30)}\n\n`;
  if (kind < 0.3) return `- ${sentence(random)}\n- ${sentence(random)}\n\n`;
  if (kind < 0.4) return `| a | b |\n|---|---|\n| ${sentence(random)} | ${sentence(random)} |\n\n`;
  return `${Array.from({ length: 7 }, () => sentence(random)).join("")}\n\n`;
}

const letter = (random: () => number) => String.fromCharCode(97 + Math.floor(random() * 26));
const ideograph = (random: () => number) => String.fromCharCode(0x4e00 + random() * 3000);

const PATHOLOGICAL: [string, string][] = [
  ["one word of one letter", "a".repeat(MEGABYTE)],
  ["one word of many letters", fill(MEGABYTE, letter)],
  ["one line of hashes", "#".repeat(MEGABYTE)],
  ["100,000 hashes, one a line", "#\n".repeat(100_000)],
  ["100,000 headings without a text", "# a\n".repeat(100_000)],
  ["one sentence without an end", fill(MEGABYTE, (random) => sentence(random).replace(". ", " "))],
  ["ideographs without an end", fill(MEGABYTE / 3, ideograph)],
  ["a list 1,400 deep", Array.from({ length: 1400 }, (_, at) => `${" ".repeat(at)}- x\n`).join("")],
  ["quotations in quotations", `${"> ".repeat(MEGABYTE / 2)}x`],
  ["a fence that never closes", `\`\`\`\n${fill(MEGABYTE, sentence)}`],
  ["backticks", "`".repeat(MEGABYTE)],
  ["a table of one row", `|a|\n|-|\n|${"x|".repeat(MEGABYTE / 2)}`],
  ["pipes", "|".repeat(MEGABYTE)],
  ["dashes, one a line", "-\n".repeat(MEGABYTE / 2)],
  ["an underline of a megabyte", `x\n${"=".repeat(MEGABYTE)}`],
  ["spaces between two words", `a${" ".repeat(MEGABYTE)}b`],
  ["line ends between two words", `a${"\n".repeat(MEGABYTE)}b`],
  ["tabs before a word", `${"\t".repeat(MEGABYTE)}x`],
  ["one letter under a megabyte of accents", `e${"\u0301".repeat(MEGABYTE / 2)}`],
  ["lone surrogates", "\ud800".repeat(MEGABYTE / 3)],
  ["comments that never close", "<!-- ".repeat(MEGABYTE / 5)],
];

/** Seconds of CPU, which is what a hosted isolate is given two of; other work does not count. */
function time(text: string): { chunks: ReturnType<typeof chunkDocument>; seconds: number } {
  const before = process.cpuUsage();
  const chunks = chunkDocument(text, { format: "markdown" });
  const { user, system } = process.cpuUsage(before);
  return { chunks, seconds: (user + system) / 1e6 };
}

describe("chunkDocument at its limits", () => {
  test("a megabyte of Markdown takes far less than the two seconds of a hosted isolate", () => {
    time(fill(50_000, markdown));

    const { chunks, seconds } = time(fill(MEGABYTE, markdown));

    console.info(`chunkDocument: ${(1 / seconds).toFixed(1)} MB of Markdown a second of CPU`);
    expect(chunks.length).toBeGreaterThan(1000);
    expect(seconds).toBeLessThan(1.5);
  });

  test.for(PATHOLOGICAL)("%s: whole, within its budget and in linear time", ([, text]) => {
    const { chunks, seconds } = time(text);

    expect(chunks.map(({ content, overlap }) => content.slice(overlap)).join("") === text)
      .toBe(true);
    expect(Math.max(...chunks.map(({ tokenCount }) => tokenCount))).toBeLessThanOrEqual(250);
    // 1.5 seconds at most here; anything quadratic takes minutes.
    expect(seconds).toBeLessThan(10);
  });
});
