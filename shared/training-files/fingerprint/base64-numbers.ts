const encoder = new TextEncoder();
const decoder = new TextDecoder();
const ALPHABET = encoder.encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const PADDING = 0x3d;

/**
 * Unsigned 32-bit numbers as base64 of their little-endian bytes: small in a `jsonb` column. `btoa`
 * takes a string with a letter for each byte, which takes longer to make than this takes.
 */
export function encodeNumbers(numbers: Uint32Array): string {
  const size = numbers.length * 4;
  // Two bytes more, so that the last three are there.
  const bytes = new Uint8Array(size + 2);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < numbers.length; index++) {
    view.setUint32(index * 4, numbers[index]!, true);
  }
  const letters = new Uint8Array(4 * Math.ceil(size / 3));
  for (let at = 0, to = 0; at < size; at += 3, to += 4) {
    const three = bytes[at]! << 16 | bytes[at + 1]! << 8 | bytes[at + 2]!;
    letters[to] = ALPHABET[three >>> 18]!;
    letters[to + 1] = ALPHABET[three >>> 12 & 63]!;
    letters[to + 2] = ALPHABET[three >>> 6 & 63]!;
    letters[to + 3] = ALPHABET[three & 63]!;
  }
  letters.fill(PADDING, Math.ceil(size * 4 / 3));
  return decoder.decode(letters);
}

/** The reverse of `encodeNumbers`. Throws on text that is not base64. */
export function decodeNumbers(text: string): Uint32Array {
  const units = atob(text);
  const bytes = new Uint8Array(units.length);
  for (let at = 0; at < units.length; at++) bytes[at] = units.charCodeAt(at);
  const view = new DataView(bytes.buffer);
  const numbers = new Uint32Array(bytes.length >> 2);
  for (let index = 0; index < numbers.length; index++) {
    numbers[index] = view.getUint32(index * 4, true);
  }
  return numbers;
}
