import process from "node:process";
import { chunkDocument } from "../shared/knowledge/chunk-document.ts";
import { extractText } from "../shared/knowledge/extract-text.ts";
import { type Bench, type BenchRow, benchRow, median } from "./bench.ts";
import { bare } from "./documents/bare.ts";
import { makeDocuments, toBytes } from "./documents/make-documents.ts";

const rounds = 5;

/** Reading and cutting documents, beside the libraries bare, in CPU time of one process. */
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
  rows.push(await benchChunking(markdown));
  return rows;
};

async function benchChunking(markdown: string): Promise<BenchRow> {
  const cut = () => void chunkDocument(markdown, { format: "markdown" });
  cut();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await cpuOf(cut));
  return benchRow({
    scenario: `chunks of ${(markdown.length / 1e6).toFixed(2)} MB of Markdown, median of ${rounds}`,
    unit: "MB a second of CPU",
    ours: markdown.length / 1000 / median(times),
    peer: null,
    peer_name: "@langchain/textsplitters is not installed",
    bar: { least: 2 },
  });
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
