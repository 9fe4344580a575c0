import { createHash } from "node:crypto";

/** A vector of the product's size that follows from the text's hash alone. */
export function vectorOf(text: string): number[] {
  const bytes = createHash("sha256").update(text).digest();
  return Array.from({ length: 1024 }, (_, index) => bytes[index % bytes.length]! / 256);
}
