import { fileURLToPath } from "node:url";
import { z } from "zod";
import { startChild } from "../local/child-process.ts";
import { READER_MODEL } from "../local/model-server/vision/responses-request.ts";
import { cleanReading } from "../shared/enrichment/clean-reading.ts";
import { buildPrompt } from "../shared/enrichment/prompt.ts";
import { Reading } from "../shared/enrichment/reading.ts";
import { createOpenAiVision } from "../shared/providers/openai-vision.ts";

/** What a person read on a sheet. */
const Detail = z.looseObject({
  file_name: z.string().regex(/^[^/\\]+$/, "a name without a folder"),
  detail_number: z.string(),
  detail_title: z.string(),
  cross_references: z.array(z.string()),
});
type Detail = z.infer<typeof Detail>;

/** What the model read of one sheet. */
export interface Pass2Row {
  file_name: string;
  number: string | null;
  number_ok: boolean;
  title: string | null;
  title_ok: boolean;
  references: string[];
  missing_references: string[];
  seconds: number;
}

/** What the evaluation found. */
export interface Pass2Result {
  eval: "pass2";
  environment: { model: string };
  set: { dir: string; sheets: number };
  rows: Pass2Row[];
  bars: { bar: string; found: number; of: number; ok: boolean }[];
}

interface Options {
  dir: string;
  /** Of another server that speaks OpenAI's Responses API; our own is started if not given. */
  server?: { baseUrl: string; model: string; apiKey: string };
  /** Takes each sheet when it has been read. */
  say: (row: Pass2Row) => void;
}

/** A folder that cannot be read as a set. */
export class Pass2SetError extends Error {}

/** A whole sheet, of which nothing is known beforehand. */
const prompt = buildPrompt({
  title: "Sheet",
  pageName: "Sheet",
  disciplineName: null,
  sheetReflection: null,
});

/** One sheet in twelve may be misread; a reference never. */
const misread = 1 / 12;

/**
 * Reads the sheets of a folder as the worker does, over HTTP, and compares number, title and
 * references with its `details.json`. Case, spaces and punctuation do not count.
 * Throws `Pass2SetError` for a folder that cannot be read.
 */
export async function evalPass2({ dir, server, say }: Options): Promise<Pass2Result> {
  const details = await readDetails(dir);
  const child = server ? undefined : await startModelServer();
  try {
    const { model, baseUrl, apiKey } = server ??
      { model: READER_MODEL, baseUrl: child!.url, apiKey: "local" };
    const vision = createOpenAiVision({ model, baseUrl, apiKey, timeoutMs: 600_000 });
    const rows: Pass2Row[] = [];
    for (const detail of details) {
      const png = await readImage(`${dir}/${detail.file_name}`);
      const started = performance.now();
      const { answer } = await vision.read({ ...prompt, image: png, schema: Reading });
      const row = compare(detail, cleanReading(answer), performance.now() - started);
      rows.push(row);
      say(row);
    }
    return {
      eval: "pass2",
      environment: { model },
      set: { dir, sheets: rows.length },
      rows,
      bars: judge(details, rows),
    };
  } finally {
    await child?.stop();
  }
}

async function startModelServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const main = fileURLToPath(new URL("../local/model-server/main.ts", import.meta.url));
  const child = await startChild("models", [main, "--port", "0"]);
  return { url: z.object({ url: z.url() }).parse(child.ready).url, stop: () => child.stop() };
}

async function readDetails(dir: string): Promise<Detail[]> {
  try {
    return z.array(Detail).min(1).parse(JSON.parse(await Deno.readTextFile(`${dir}/details.json`)));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new Pass2SetError(`${dir}/details.json cannot be used: ${reason}`, { cause });
  }
}

async function readImage(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    throw new Pass2SetError(`${path} cannot be read`, { cause });
  }
}

function compare(detail: Detail, reading: Reading, milliseconds: number): Pass2Row {
  const { detail_number: number, detail_title: title, cross_references } = reading;
  const told = cross_references.map(({ sheet, detail, raw }) =>
    [[detail, sheet].filter(Boolean).join(" "), raw].map(squeeze)
  );
  return {
    file_name: detail.file_name,
    number,
    number_ok: squeeze(number ?? "") === squeeze(detail.detail_number),
    title,
    title_ok: squeeze(title ?? "") === squeeze(detail.detail_title),
    references: cross_references.map(({ raw }) => raw),
    missing_references: detail.cross_references.filter((reference) =>
      !told.some((forms) => forms.some((form) => form.includes(squeeze(reference))))
    ),
    seconds: Math.round(milliseconds / 100) / 10,
  };
}

function judge(details: Detail[], rows: Pass2Row[]): Pass2Result["bars"] {
  const sheets = rows.length;
  const fewest = sheets - Math.floor(sheets * misread);
  const listed = details.reduce((sum, { cross_references }) => sum + cross_references.length, 0);
  const missing = rows.reduce((sum, { missing_references }) => sum + missing_references.length, 0);
  const [numbers, titles] = [
    rows.filter(({ number_ok }) => number_ok).length,
    rows.filter(({ title_ok }) => title_ok).length,
  ];
  return [
    { bar: `detail number on ${fewest}`, found: numbers, of: sheets, ok: numbers >= fewest },
    { bar: `detail title on ${fewest}`, found: titles, of: sheets, ok: titles >= fewest },
    {
      bar: "every listed cross-reference",
      found: listed - missing,
      of: listed,
      ok: missing === 0,
    },
  ];
}

function squeeze(text: string): string {
  return text.normalize("NFKC").replace(/[^\p{L}\p{N}]/gu, "").toUpperCase();
}
