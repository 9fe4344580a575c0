const structure = /^(\s*)(?=#{1,6}(?:\s|$)|`{3}|~{3}|<!--|[=-]+\s*$)/;

/**
 * Puts a backslash before what would make the line a heading, a fence, a rule or a comment of
 * Markdown. Nothing else is escaped: `snake\_case` would not be found as what it is.
 */
export function escapeMarkdown(line: string): string {
  return line.replace(structure, "$1\\");
}
