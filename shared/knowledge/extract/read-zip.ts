import { joinBytes } from "../../join-bytes.ts";
import { DocumentError } from "../document-error.ts";
import { corrupt } from "./corrupt.ts";
import { inflateWithin } from "./inflate-within.ts";

/** A member of a zip, as its directory describes it. The sizes may be lies. */
export interface ZipEntry {
  name: string;
  isEncrypted: boolean;
  method: number;
  compressedSize: number;
  /** Of its local header. */
  offset: number;
}

const END = 0x06054b50;
const END_LENGTH = 22;
const MAX_COMMENT = 0xffff;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;
const MAX_ENTRIES = 10_000;

/**
 * The directory of a zip.
 *
 * @throws DocumentError DOCUMENT_CORRUPT.
 */
export function listZip(bytes: Uint8Array): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = findEnd(view);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count > MAX_ENTRIES) throw corrupt("zip file");
  const entries: ZipEntry[] = [];
  for (let index = 0; index < count; index++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== CENTRAL) throw corrupt("zip file");
    const nameLength = view.getUint16(at + 28, true);
    entries.push({
      name: new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength)),
      isEncrypted: (view.getUint16(at + 8, true) & 1) === 1,
      method: view.getUint16(at + 10, true),
      compressedSize: view.getUint32(at + 20, true),
      offset: view.getUint32(at + 42, true),
    });
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

/**
 * The bytes of a member, inflated step by step so that no more than `maxBytes` are ever made.
 *
 * @throws DocumentError DOCUMENT_CORRUPT, DOCUMENT_ENCRYPTED, DOCUMENT_TOO_LARGE.
 */
export function readZipEntry(bytes: Uint8Array, entry: ZipEntry, maxBytes: number): Uint8Array {
  if (entry.isEncrypted) {
    throw new DocumentError("DOCUMENT_ENCRYPTED", "The document is protected by a password.");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { offset, method, compressedSize } = entry;
  if (offset + 30 > bytes.length || view.getUint32(offset, true) !== LOCAL) {
    throw corrupt("zip file");
  }
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + compressedSize > bytes.length) throw corrupt("zip file");
  const body = bytes.subarray(start, start + compressedSize);
  if (method === DEFLATED) return inflate(body, maxBytes);
  if (method !== STORED) throw corrupt("zip file");
  if (body.length > maxBytes) throw tooLarge();
  return body;
}

function findEnd(view: DataView): number {
  const lowest = Math.max(0, view.byteLength - END_LENGTH - MAX_COMMENT);
  for (let at = view.byteLength - END_LENGTH; at >= lowest; at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  throw corrupt("zip file");
}

function inflate(body: Uint8Array, maxBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  if (!inflateWithin(body, maxBytes, (part) => parts.push(part))) throw tooLarge();
  return joinBytes(parts);
}

function tooLarge(): DocumentError {
  return new DocumentError(
    "DOCUMENT_TOO_LARGE",
    "The document is far larger unpacked than it looks; split it and upload the parts.",
  );
}
