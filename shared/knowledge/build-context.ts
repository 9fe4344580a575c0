import { countTokens } from "./count-tokens.ts";

/** What of a match goes into a context. */
export interface ContextMatch {
  source: string;
  id: string;
  document_id: string;
  title: string;
  content: string;
  heading_path: string[];
}

/** Which numbered passage of a context came from where. */
export interface Citation {
  n: number;
  source: string;
  id: string;
  document_id: string;
}

/** Whatever a reader, or a model, may take for the end of a line. */
const lineBreak = /\r\n|[\n\v\f\r\x85\u2028\u2029]/;

/**
 * Writes the best matches as numbered passages for a model's prompt, best first, as long as they
 * fit into `maxTokens` (cl100k_base). Passages are quoted line by line, so that nothing in them can
 * pass for a heading, another passage or an instruction of ours.
 */
export function buildContext(
  matches: ContextMatch[],
  maxTokens: number,
): { context: string; citations: Citation[] } {
  const passages: string[] = [];
  const citations: Citation[] = [];
  let left = maxTokens;
  for (const { source, id, document_id, title, heading_path, content } of matches) {
    const n = citations.length + 1;
    const quoted = content.trim().split(lineBreak).map((line) => `> ${line}`).join("\n");
    const passage = `[${n}] ${[title, ...heading_path].map(toOneLine).join(" › ")}\n${quoted}`;
    const tokens = countTokens(`${passage}\n\n`);
    if (tokens > left) continue;
    left -= tokens;
    passages.push(passage);
    citations.push({ n, source, id, document_id });
  }
  return { context: passages.join("\n\n"), citations };
}

function toOneLine(text: string): string {
  return text.replace(/[\s\x85]+/g, " ").trim();
}
