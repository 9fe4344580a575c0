/**
 * SHA-256, in lower-case hex, of a chunk's content together with the headings that it is embedded
 * under. Two chunks with the same hash have the same vector, wherever they lie in the document.
 */
export async function hashContent(
  content: string,
  headingPath: readonly string[],
): Promise<string> {
  // JSON keeps the parts apart: ["a", "b"] and ["ab"] must not meet in one hash.
  const bytes = new TextEncoder().encode(JSON.stringify([headingPath, content]));
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
