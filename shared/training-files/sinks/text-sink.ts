import type { Sink } from "./sink.ts";

/** Lets text be written to a sink, as UTF-8 without BOM. */
export function textSink(sink: Sink): (text: string) => void {
  const encoder = new TextEncoder();
  return (text) => sink(encoder.encode(text));
}
