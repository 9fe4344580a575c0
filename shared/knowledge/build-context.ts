import { countTokens } from "./count-tokens.ts";
import { isRepeated, toWording, type Wording } from "./is-repeated.ts";
import { joinNeighbours, type Run } from "./join-neighbours.ts";
import { quoteText, quoteTitle } from "./quote-text.ts";

/** What of a match goes into a context. What has no place in a text has no ordinal or offsets. */
export interface ContextMatch {
  source: string;
  id: string;
  document_id: string | null;
  title: string;
  content: string;
  heading_path: string[];
  ordinal?: number | null;
  start_offset?: number | null;
  end_offset?: number | null;
}

/**
 * Which match is in which numbered passage. A passage of several matches has one citation for each,
 * the best first.
 */
export interface Citation {
  n: number;
  source: string;
  id: string;
}

interface Passage {
  run: Run<ContextMatch>;
  /** By rank. */
  matches: { match: ContextMatch; rank: number; wording: Wording }[];
  /** Without its number. */
  written: string;
  tokens: number;
}

const gap = "\n\n";

/**
 * Writes the best matches as numbered passages for a model's prompt, best first, as long as they
 * fit into `maxTokens` (cl100k_base). Neighbours in a document are one passage, in reading order and
 * without what they repeat; a match that says nothing new is cited with the passage that says it.
 * Passages are quoted line by line, so that nothing in them can pass for a heading, another passage,
 * a citation or an instruction of ours.
 */
export function buildContext(
  matches: ContextMatch[],
  maxTokens: number,
): { context: string; citations: Citation[] } {
  const passages: Passage[] = [];
  let left = maxTokens;
  for (const [rank, match] of matches.entries()) {
    const added = { match, rank, wording: toWording(match.content) };
    const saying = passages.find(({ matches }) =>
      matches.some(({ wording }) => isRepeated(added.wording, wording))
    );
    if (saying) {
      saying.matches.push(added);
      continue;
    }
    const { run, joined } = joinAll(match, passages);
    const held = joined.flatMap(({ matches }) => matches);
    let passage = toPassage(run, [...held, added]);
    const growthOf = ({ tokens }: Passage) =>
      tokens - joined.reduce((sum, { tokens }) => sum + tokens, 0);
    // What is no piece of a document may be longer than any budget: its beginning is taken.
    for (let share = 0.9; growthOf(passage) > left && isAlone(match) && share > 0.1; share -= 0.2) {
      const text = cutText(match.content, share * left / passage.tokens);
      passage = toPassage({ ...run, text }, [added]);
    }
    const growth = growthOf(passage);
    if (growth > left) continue;
    left -= growth;
    for (const part of joined) passages.splice(passages.indexOf(part), 1);
    passages.push(passage);
    passages.sort((a, b) => a.matches[0]!.rank - b.matches[0]!.rank);
  }
  return {
    context: passages.map(({ written }, index) => `[${index + 1}] ${written}`).join(gap),
    citations: passages.flatMap(({ matches }, index) =>
      matches.map(({ match: { source, id } }) => ({ n: index + 1, source, id }))
    ),
  };
}

/** The match together with the passages that end before it or begin after it. */
function joinAll(match: ContextMatch, passages: Passage[]) {
  let run: Run<ContextMatch> = { first: match, last: match, text: match.content };
  const joined = passages.filter((passage) => {
    const longer = joinNeighbours(passage.run, run) ?? joinNeighbours(run, passage.run);
    run = longer ?? run;
    return longer !== null;
  });
  return { run, joined };
}

function toPassage(run: Run<ContextMatch>, matches: Passage["matches"]): Passage {
  const { title, heading_path } = run.first;
  const place = [title, ...heading_path].map(quoteTitle).join(" › ");
  const written = `${place}\n${quoteText(run.text)}`;
  return {
    run,
    matches: matches.toSorted((a, b) => a.rank - b.rank),
    written,
    // Every number has as many tokens as 1: an answer has at most 50 matches.
    tokens: countTokens(`[1] ${written}${gap}`),
  };
}

function isAlone({ document_id }: ContextMatch): boolean {
  return document_id === null;
}

/** About that share of a text, up to the end of a word. */
function cutText(text: string, share: number): string {
  const cut = text.slice(0, Math.floor(text.length * share)).replace(/\s+\S*$/, "");
  return `${cut.toWellFormed()} …`;
}
