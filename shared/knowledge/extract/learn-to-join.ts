import { type PdfLine, textOfLine } from "./pdf-lines.ts";

/** Before them a hyphen stands for a word that comes later: "one- to five-year". */
const CONJUNCTION = /^(?:and|bis|bzw|et|nor|oder|or|ou|sowie|to|und)$/;
const WORD = /\p{L}+(?:-\p{L}+)*/gu;
/** In letters: shorter words are syllables, too. */
const LEAST_PART = 4;
const LONGEST_PART = 60;

/** Joins a line to the text above it. */
export type JoinLines = (text: string, line: string) => string;

/**
 * How the lines of these pages are joined. A hyphen at the end of one cuts a word in two and goes,
 * unless the pages have the word with it, or both of its parts, or it has another hyphen; a word that
 * they have without it goes before.
 */
export function learnToJoin(pages: readonly (PdfLine[] | string)[]): JoinLines {
  const texts = pages.map((page) => typeof page === "string" ? [page] : page.map(textOfLine));
  // Only these: all words of a document would take as much memory as the document.
  const asked = new Set(texts.flatMap((lines) =>
    lines.flatMap((line, at) => {
      const [left, right] = partsOf(lines[at - 1] ?? "", line) ?? [];
      return left && right ? [left, right, left + right, `${left}-${right}`] : [];
    })
  ));
  const known = new Set(asked.size > 0 ? texts.flatMap((lines) => findWords(lines, asked)) : []);
  return (text, line) => join(text, line, known);
}

function join(text: string, line: string, known: ReadonlySet<string>): string {
  const [left, right] = partsOf(text, line) ?? [];
  if (!left || !right) {
    const isCompound = /[\p{L}\p{N}]-$/u.test(text.slice(-3)) && /^[\p{Lu}\p{N}]/u.test(line);
    return isCompound ? text + line : `${text} ${line}`;
  }
  const whole = text.slice(0, -1) + line;
  if (known.has(left + right)) return whole;
  if (CONJUNCTION.test(right)) return `${text} ${line}`;
  const areWords = [left, right].every((part) => part.length >= LEAST_PART && known.has(part));
  const hasHyphen = areWords || known.has(`${left}-${right}`) ||
    text.at(-left.length - 2) === "-";
  return hasHyphen ? text + line : whole;
}

/** Of a word that a hyphen cuts between these, in small letters. */
function partsOf(above: string, line: string): [string, string] | undefined {
  const left = /\p{L}*\p{Ll}(?=-$)/u.exec(above.slice(-LONGEST_PART))?.[0];
  const right = /^\p{Ll}\p{L}*/u.exec(line.slice(0, LONGEST_PART))?.[0];
  return left && right ? [left.toLowerCase(), right.toLowerCase()] : undefined;
}

/** Those that stand in the lines, and are not what a hyphen cut off. */
function findWords(lines: readonly string[], asked: ReadonlySet<string>): string[] {
  return lines.flatMap((line, at) => {
    const words = Array.from(line.matchAll(WORD), ([word]) => word.toLowerCase());
    if (line.endsWith("-")) words.pop();
    if (lines[at - 1]?.endsWith("-")) words.shift();
    return words.filter((word) => asked.has(word));
  });
}
