/**
 * Makes text from outside safe for a `jsonb` column, a log line and an error message: NUL and
 * lone surrogates become U+FFFD, and no more than `limit` UTF-16 units are kept.
 */
export function cleanText(text: string, limit = 300): string {
  const short = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return short.toWellFormed().replaceAll("\0", "\uFFFD");
}
