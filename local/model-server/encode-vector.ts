/**
 * A vector as OpenAI sends it: numbers, or base64 of its float32 values, little-endian (the byte
 * order of every machine that Deno runs on). Both give the same values.
 */
export function encodeVector(
  vector: Float32Array<ArrayBuffer>,
  format: "float" | "base64",
): number[] | string {
  return format === "float" ? Array.from(vector) : new Uint8Array(vector.buffer).toBase64();
}
