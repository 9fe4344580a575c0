import { MarkdownTextSplitter, RecursiveCharacterTextSplitter } from "@langchain/textsplitters";
import process from "node:process";
import { chunkDocument } from "../shared/knowledge/chunk-document.ts";
import { countTokens } from "../shared/knowledge/count-tokens.ts";
import { extractText } from "../shared/knowledge/extract-text.ts";
import { type Bench, type BenchRow, benchRow, median } from "./bench.ts";
import { bare } from "./documents/bare.ts";
import { benchWorkerMemory } from "./documents/worker-memory.ts";
import { makeDocuments, toBytes } from "./documents/make-documents.ts";

const rounds = 5;

/** The defaults of `chunkDocument`; 20 tokens of English are about 90 units. */
const maxTokens = 250;
const overlapTokens = 20;
const overlapUnits = 90;

/** Reading and cutting documents, beside the libraries bare, in CPU time; memory of the worker. */
export const benchDocuments: Bench = async ({ say }) => {
  const { pdf, docx, html, csv, markdown } = makeDocuments();
  const rows: BenchRow[] = [];
  const compare = async (
    format: string,
    peer_name: string,
    most: number,
    ours: () => Promise<{ text: string }>,
    theirs: () => void | Promise<void>,
  ) => {
    const { text } = await ours();
    await theirs();
    const times: { ours: number; theirs: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      times.push({ theirs: await cpuOf(theirs), ours: await cpuOf(ours) });
    }
    const [mine, peer] = [median(times.map((t) => t.ours)), median(times.map((t) => t.theirs))];
    say(`${format}: ${speed(text, mine)} MB of text a second of CPU, bare ${speed(text, peer)}`);
    rows.push(benchRow({
      scenario: `${format}, ${(text.length / 1e6).toFixed(2)} MB of text, median of ${rounds}`,
      unit: "ms of CPU",
      ours: mine,
      peer,
      peer_name,
      bar: { most },
    }));
  };
  await compare("PDF of 160 pages", "unpdf", 1.5, () => extractText(pdf, ""), () => bare.pdf(pdf));
  await compare("DOCX", "mammoth, to HTML", 2, () => extractText(docx, ""), () => bare.docx(docx));
  const page = toBytes(html);
  await compare(
    "HTML",
    "linkedom, Readability, turndown",
    1.5,
    () => extractText(page, ""),
    () => bare.html(html),
  );
  const table = toBytes(csv);
  await compare(
    "CSV",
    "csv-parse, to arrays",
    3,
    () => extractText(table, "text/csv"),
    () => bare.csv(csv),
  );
  rows.push(...await benchChunking(markdown), ...await benchWorkerMemory({ say }));
  return rows;
};

/** Chunks of Markdown, beside splitters set to chunks of the same length and counted in units. */
async function benchChunking(markdown: string): Promise<BenchRow[]> {
  const cut = () => chunkDocument(markdown, { format: "markdown" });
  const chunks = cut();
  const units = chunks.reduce((sum, { content }) => sum + content.length, 0);
  const chunkSize = Math.round(1.1 * units / chunks.length);
  const peers = {
    RecursiveCharacterTextSplitter: new RecursiveCharacterTextSplitter({
      chunkSize,
      chunkOverlap: overlapUnits,
    }),
    MarkdownTextSplitter: new MarkdownTextSplitter({
      chunkSize,
      chunkOverlap: overlapUnits,
    }),
    "RecursiveCharacterTextSplitter counting tokens": new RecursiveCharacterTextSplitter({
      chunkSize: maxTokens,
      chunkOverlap: overlapTokens,
      lengthFunction: (text: string) => countTokens(text),
    }),
  };
  const rows: BenchRow[] = [];
  for (const [name, splitter] of Object.entries(peers)) {
    const { length } = await splitter.splitText(markdown);
    const times: { ours: number; theirs: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const theirs = await cpuOf(() => splitter.splitText(markdown));
      times.push({ theirs, ours: await cpuOf(cut) });
    }
    const [mine, peer] = [median(times.map((t) => t.ours)), median(times.map((t) => t.theirs))];
    rows.push(benchRow({
      scenario: `chunks of ${
        (markdown.length / 1e6).toFixed(2)
      } MB of Markdown, median of ${rounds}`,
      unit: "MB a second of CPU",
      ours: markdown.length / 1000 / mine,
      peer: markdown.length / 1000 / peer,
      peer_name: `@langchain/textsplitters, ${name}`,
      spread: `${chunks.length} chunks, beside ${length}`,
      bar: { least: 2, of: "ours" },
    }));
  }
  return rows;
}

async function cpuOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function speed(text: string, ms: number): string {
  return (text.length / 1000 / ms).toFixed(1);
}
