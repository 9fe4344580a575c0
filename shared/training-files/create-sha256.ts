import { sha256 } from "@noble/hashes/sha2.js";

/** A SHA-256 that takes bytes as they come; `digest` ends it. */
export interface IncrementalHash {
  update(chunk: Uint8Array): unknown;
  digest(): Uint8Array;
}

declare const process: {
  getBuiltinModule?(name: "node:crypto"): { createHash(name: "sha256"): IncrementalHash };
} | undefined;

/** The runtime's own where it has one, which is ten times as fast; otherwise one in JavaScript. */
export function createSha256(): IncrementalHash {
  const crypto = typeof process === "undefined"
    ? undefined
    : process.getBuiltinModule?.("node:crypto");
  return crypto?.createHash("sha256") ?? sha256.create();
}
