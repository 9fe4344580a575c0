/** Bytes that become text in one call: each of a call's arguments takes room on the stack. */
const SLICE = 8192;

/** Unsigned 32-bit numbers as base64 of their little-endian bytes: small in a `jsonb` column. */
export function encodeNumbers(numbers: Uint32Array): string {
  const bytes = new Uint8Array(numbers.length * 4);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < numbers.length; index++) {
    view.setUint32(index * 4, numbers[index] ?? 0, true);
  }
  let text = "";
  for (let at = 0; at < bytes.length; at += SLICE) {
    text += String.fromCharCode(...bytes.subarray(at, at + SLICE));
  }
  return btoa(text);
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
