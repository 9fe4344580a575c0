/** Ids in pg_type. */
export const timestamptzOid = 1184;
export const numericOid = 1700;
export const bigintOid = 20;

/** `2026-11-21 14:40:46.9+00` as PostgREST writes it: `2026-11-21T14:40:46.9+00:00`. */
export function toIsoTimestamp(text: string): string {
  return text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00");
}
