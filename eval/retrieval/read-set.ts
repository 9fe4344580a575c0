import { z } from "zod";

const Id = z.union([z.string().min(1), z.number()]).transform(String);
/** A database stores neither NUL nor half of a surrogate pair. */
const Text = z.string().transform((text) => text.replaceAll("\0", " ").toWellFormed());
/** What a search takes; the arguments that some sets ask for are longer. */
const longestQuestion = 2000;
const Titled = z.object({ id: Id, title: Text.default(""), text: Text });
const Asked = z.object({
  id: Id,
  text: Text.refine((text) => text.trim() !== "", "is empty")
    .transform((text) => text.trim().slice(0, longestQuestion).toWellFormed()),
});

/** A document of a set. */
export type SetDocument = z.output<typeof Titled>;
/** A question of a set. */
export type SetQuery = z.output<typeof Asked>;

/** Documents, questions, and which documents answer which question how well. */
export interface RetrievalSet {
  documents: SetDocument[];
  /** Those with at least one relevant document. */
  queries: SetQuery[];
  /** Grades by question, by document; above 0 is relevant. */
  grades: Map<string, Map<string, number>>;
}

/** Says what in a set cannot be read, and where. */
export class SetError extends Error {}

/**
 * Reads `docs.jsonl`, `queries.jsonl` and `qrels.tsv` of a folder (the layout of BEIR; `_id` is as
 * good as `id`, a head of qrels.tsv may be there or not). Questions without a relevant document are
 * left out, and long ones cut at what a search takes; `limit` takes the first so many. Throws
 * `SetError`.
 */
export async function readSet(dir: string, limit = Infinity): Promise<RetrievalSet> {
  const documents = readLines("docs.jsonl", await read(dir, "docs.jsonl"), Titled);
  const queries = readLines("queries.jsonl", await read(dir, "queries.jsonl"), Asked);
  const grades = readGrades(await read(dir, "qrels.tsv"));
  const judged = queries.filter(({ id }) =>
    [...grades.get(id)?.values() ?? []].some((grade) => grade > 0)
  );
  if (documents.length === 0) throw new SetError("docs.jsonl has no documents");
  if (judged.length === 0) throw new SetError("no question has a relevant document in qrels.tsv");
  return { documents, queries: judged.slice(0, limit), grades };
}

async function read(dir: string, name: string): Promise<string> {
  try {
    return await Deno.readTextFile(`${dir}/${name}`);
  } catch (cause) {
    throw new SetError(`${dir}/${name} cannot be read`, { cause });
  }
}

function readLines<T extends { id: string }>(name: string, text: string, type: z.ZodType<T>): T[] {
  const seen = new Set<string>();
  return [...numberedLines(text)].map(([number, line]) => {
    const at = `${name} line ${number}`;
    const parsed = type.safeParse(nameId(parseJson(at, line)));
    if (!parsed.success) throw new SetError(`${at}: ${z.prettifyError(parsed.error)}`);
    const { id } = parsed.data;
    if (seen.has(id)) throw new SetError(`${at}: there is an id ${id} already`);
    seen.add(id);
    return parsed.data;
  });
}

function readGrades(text: string): Map<string, Map<string, number>> {
  const grades = new Map<string, Map<string, number>>();
  for (const [number, line] of numberedLines(text)) {
    const [query, document, score, ...rest] = line.split("\t").map((cell) => cell.trim());
    const grade = Number(score || NaN);
    if (number === 1 && Number.isNaN(grade) && rest.length === 0) continue;
    if (!query || !document || Number.isNaN(grade) || rest.length > 0) {
      throw new SetError(`qrels.tsv line ${number}: not question, document and score by tabs`);
    }
    const known = grades.get(query) ?? new Map<string, number>();
    grades.set(query, known.set(document, grade));
  }
  return grades;
}

/** Lines with something in them, counted from 1. */
function* numberedLines(text: string): Generator<[number, string]> {
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  for (const [index, line] of lines.entries()) if (line.trim() !== "") yield [index + 1, line];
}

/** BEIR's own files say `_id`. */
function nameId(value: unknown): unknown {
  return value !== null && typeof value === "object" && "_id" in value
    ? { id: value._id, ...value }
    : value;
}

function parseJson(at: string, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new SetError(`${at} is not JSON`, { cause });
  }
}
