const encoder = new TextEncoder();

/**
 * Writes a text as UTF-8 and returns its size in bytes; they must fit. Most pieces of texts are
 * ASCII and too short to be worth a call of the encoder.
 */
export function writeUtf8(text: string, bytes: Uint8Array): number {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) return encoder.encodeInto(text, bytes).written;
    bytes[at] = unit;
  }
  return text.length;
}
