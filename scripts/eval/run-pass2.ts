import { evalPass2, type Pass2Result, type Pass2Row, Pass2SetError } from "../../eval/pass2.ts";
import { failUsage } from "../support/fail-usage.ts";
import { readCommandLine } from "../support/read-command-line.ts";

const help = `Usage: npm run eval -- pass2 --dir DIR [options]

Measures how well drawings are read: number, title and cross-references of each sheet, beside what
DIR/details.json says of it: an array of { file_name, detail_number, detail_title,
cross_references: [text, …] }. The sheets are PNG images, read over HTTP as the worker reads crops.

  --dir DIR       folder with details.json and the images that it names
  --base-url URL  another server that speaks OpenAI's Responses API, with its key in
                  OPENAI_API_KEY; without it the local model server is started
  --model NAME    its model; needed with --base-url
  --json          one line of JSON on stdout instead of a table; sheets go to stderr as they come
  --help          show this

Prints the figures whether they meet their bars or not; exits with 1 if one does not.`;

/** The command line of `npm run eval -- pass2`. Resolves to the exit code; wrong usage ends it with 2. */
export async function runPass2(args: string[]): Promise<number> {
  const { values } = readCommandLine(help, {
    dir: { type: "string" },
    "base-url": { type: "string" },
    model: { type: "string" },
    json: { type: "boolean", default: false },
  }, { args });
  const { dir, "base-url": baseUrl, model } = values;
  if (!dir) failUsage(help, "Name the folder with --dir");
  if (!baseUrl !== !model) failUsage(help, "--base-url and --model go together");
  try {
    const apiKey = Deno.env.get("OPENAI_API_KEY") ?? "none";
    const result = await evalPass2({
      dir,
      server: baseUrl && model ? { baseUrl, model, apiKey } : undefined,
      say: (row) => console.error(describe(row)),
    });
    if (values.json) console.log(JSON.stringify(result));
    else print(result);
    return result.bars.every(({ ok }) => ok) ? 0 : 1;
  } catch (error) {
    if (error instanceof Pass2SetError || error instanceof TypeError) {
      failUsage(help, error.message);
    }
    throw error;
  }
}

function describe(row: Pass2Row): string {
  const references = row.missing_references.length > 0
    ? `  references MISSING: ${row.missing_references.join(", ")}`
    : "";
  return [
    row.file_name,
    `${row.seconds.toFixed(1)} s`,
    `number ${row.number_ok ? "ok" : "WRONG"} ${row.number ?? "-"}`,
    `title ${row.title_ok ? "ok" : "WRONG"} ${row.title ?? "-"}${references}`,
  ].join("  ");
}

function print({ environment, set, rows, bars }: Pass2Result): void {
  const seconds = rows.map((row) => row.seconds).sort((a, b) => a - b);
  console.log(`${set.dir}: ${set.sheets} sheets, read by ${environment.model}`);
  console.log(
    `time per sheet: median ${seconds[Math.floor(seconds.length / 2)]} s, ` +
      `longest ${seconds.at(-1)} s\n`,
  );
  for (const { bar, found, of, ok } of bars) {
    console.log(`${ok ? "ok  " : "FAIL"} ${bar}: ${found} of ${of}`);
  }
}
