import type { Word } from "./text-line.ts";

const typographic: Record<string, string> = {
  "\u2018": "'",
  "\u2019": "'",
  "\u201a": "'",
  "\u201c": '"',
  "\u201d": '"',
  "\u201e": '"',
  "\u2033": '"',
  "\u2032": "'",
  "\u2013": "-",
  "\u2014": "-",
  "\u2212": "-",
  "\u00d7": "x",
};

/** What leader lines and ticks at the ends of a line are taken for. */
const debris = /^[^\p{L}\p{N}#*"'([]+|(?<=[\])])['"~*|_.,-]+$|[~|_=«»<>-]+$/gu;

/**
 * The words of a line in plain quotes and dashes, without what stems from strokes beside the text:
 * words without letter or digit at its ends, and such marks at its outer words.
 */
export function cleanWords(words: Word[]): Word[] {
  const plain = words
    .map(({ text, confidence }) => ({
      text: text.replace(/[\u2010-\u2212\u00d7]/g, (sign) => typographic[sign] ?? sign)
        .replace(/(?<=\d)~(?=\d)/g, "-"),
      confidence,
    }))
    .filter(({ text }) => text.trim() !== "");
  const isWord = ({ text }: Word) => /[\p{L}\p{N}]|^#$|^\*+$/u.test(text);
  const first = plain.findIndex(isWord);
  const last = plain.findLastIndex(isWord);
  if (first < 0) return [];
  return plain.slice(first, last + 1).map(({ text, confidence }, index, { length }) => ({
    text: index === 0 || index === length - 1 ? text.replace(debris, "") || text : text,
    confidence,
  }));
}
