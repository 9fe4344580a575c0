import { bytesToHex } from "@noble/hashes/utils.js";
import { createSha256 } from "../create-sha256.ts";
import type { Sink } from "./sink.ts";

/** What an artefact row and the manifest say of a file. */
export interface Measures {
  readonly bytes: number;
  /** Line feeds; 0 has no meaning for a zip. */
  readonly lines: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

const LINE_FEED = 0x0a;

/** Counts and hashes what passes through to `target`. Call `measures` once, after the last byte. */
export function measuringSink(target: Sink): { write: Sink; measures: () => Measures } {
  const hash = createSha256();
  let bytes = 0;
  let lines = 0;
  const write: Sink = (chunk) => {
    hash.update(chunk);
    bytes += chunk.byteLength;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1)) {
      lines++;
    }
    target(chunk);
  };
  return { write, measures: () => ({ bytes, lines, sha256: bytesToHex(hash.digest()) }) };
}
