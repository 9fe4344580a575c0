const buffer = new Uint8Array(16 * 1024);
const encoder = new TextEncoder();

/** Bytes of a text in UTF-8, a lone surrogate as U+FFFD; makes no copy of it. */
export function utf8Size(text: string): number {
  let size = 0;
  for (let at = 0; at < text.length;) {
    const { read, written } = encoder.encodeInto(at === 0 ? text : text.slice(at), buffer);
    size += written;
    at += read;
  }
  return size;
}
