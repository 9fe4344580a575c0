/** Alternatives for each word of a label; an empty one makes the word optional. */
export type Label = readonly (readonly string[])[];

const token = /^\s*([\p{L}\p{N}#]+)[^\p{L}\p{N}#(["']*/u;

/**
 * What follows a label at the beginning of a text, without the colon or slash between; undefined
 * where the text begins otherwise. In words of five letters and more one letter may be misread.
 */
export function afterLabel(text: string, label: Label): string | undefined {
  const [words, ...others] = label;
  if (!words) return text.trim();
  const found = text.match(token);
  const rest = found && words.some((word) => isWord(found[1]!.toUpperCase(), word))
    ? afterLabel(text.slice(found[0].length), others)
    : undefined;
  return rest ?? (words.includes("") ? afterLabel(text, others) : undefined);
}

function isWord(read: string, word: string): boolean {
  if (word.length < 5) return word !== "" && read.replaceAll("0", "O") === word;
  if (Math.abs(read.length - word.length) > 1) return false;
  let [start, end] = [0, 0];
  const shorter = Math.min(read.length, word.length);
  while (start < shorter && read[start] === word[start]) start++;
  while (end < shorter - start && read.at(-1 - end) === word.at(-1 - end)) end++;
  return Math.max(read.length, word.length) - start - end <= 1;
}
