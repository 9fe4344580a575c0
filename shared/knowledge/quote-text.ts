/** Whatever a reader, a program, a terminal or a model may take for the end of a line. */
const lineBreak = /\r\n|(?!\t)[\p{Cc}\p{Zl}\p{Zp}]/u;

/** An opening bracket before a number, with or without invisible characters between them. */
const openingMark = /([[［【⟦])(?=[\s\p{Cf}]*\p{N})/gu;
const closingMark = /(?<=\p{N}[\s\p{Cf}]*)([\]］】⟧])/gu;

/**
 * Source text as a block quote: every line behind `> `, and brackets around numbers behind a
 * backslash, as Markdown escapes them. Nothing in it stands where a passage begins or reads as one
 * of our citations.
 */
export function quoteText(text: string): string {
  return text.trim().split(lineBreak).map((line) => `> ${escapeMarks(line)}`).join("\n");
}

/** A title or heading on one line, in which nothing reads as a citation or as another level. */
export function quoteTitle(title: string): string {
  return escapeMarks(title.replace(/[\s\p{Cc}]+/gu, " ").replaceAll("›", ">").trim());
}

function escapeMarks(text: string): string {
  return text.replace(openingMark, "\\$1").replace(closingMark, "\\$1");
}
