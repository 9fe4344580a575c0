import { ApiError } from "./errors.ts";

/** The largest request body, in bytes. */
export const maxBodyBytes = 1024 * 1024;
const timeoutMs = 10_000;
/** Deeper values overflow the stack of whoever validates, writes or stores them recursively. */
const maxDepth = 64;

/**
 * Reads a request's body as JSON. Throws `ApiError`: UNSUPPORTED_MEDIA_TYPE unless it is plain
 * UTF-8 JSON, REQUEST_TOO_LARGE past the limit whatever its declared length, REQUEST_TIMEOUT when
 * it drips, INVALID_REQUEST when it is not JSON, nests deeper than `maxDepth`, or has text that
 * PostgreSQL cannot store.
 */
export async function readJson(request: Request): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(type)) {
    throw new ApiError("UNSUPPORTED_MEDIA_TYPE", "The body must be application/json in UTF-8");
  }
  if (!["", "identity"].includes(request.headers.get("content-encoding") ?? "")) {
    throw new ApiError("UNSUPPORTED_MEDIA_TYPE", "The body must not be compressed");
  }
  const value = parse(await readBytes(request));
  const problem = findProblem(value);
  if (problem) {
    const { path, message } = problem;
    throw new ApiError("INVALID_REQUEST", "The request is not valid", {
      // The path is made of keys that the caller chose.
      details: [{ path: path.slice(0, 200), message }],
    });
  }
  return value;
}

async function readBytes(request: Request): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBodyBytes) throw tooLarge();
  const parts: Uint8Array[] = [];
  let size = 0;
  let isLate = false;
  const reader = request.body?.getReader();
  if (!reader) return new Uint8Array();
  const timer = setTimeout(() => {
    isLate = true;
    reader.cancel("timeout").catch(() => undefined);
  }, timeoutMs);
  try {
    for (let part = await read(reader); !part.done; part = await read(reader)) {
      size += part.value.byteLength;
      if (size > maxBodyBytes) throw tooLarge();
      parts.push(part.value);
    }
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => undefined);
  }
  if (isLate) {
    throw new ApiError("REQUEST_TIMEOUT", "The body took longer than 10 seconds to arrive");
  }
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

/** A caller who hangs up is no failure of ours. */
async function read<T>(reader: ReadableStreamDefaultReader<T>) {
  return await reader.read().catch((cause) => {
    throw new ApiError("INVALID_REQUEST", "The body ended before it was complete", { cause });
  });
}

function tooLarge(): ApiError {
  return new ApiError("REQUEST_TOO_LARGE", `The body is larger than ${maxBodyBytes} bytes`);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ApiError("INVALID_REQUEST", "The body is not valid JSON", { cause });
  }
}

/** The first key or string that PostgreSQL refuses, or level that is too deep. Without recursion: depth is the caller's choice. */
function findProblem(root: unknown): { path: string; message: string } | null {
  const isUnstorable = (text: string) => text.includes("\0") || !text.isWellFormed();
  const unstorable = "contains a NUL or half of a surrogate pair";
  const open = [{ value: root, path: "", depth: 0 }];
  for (let entry = open.pop(); entry; entry = open.pop()) {
    const { value, path, depth } = entry;
    if (typeof value === "string" && isUnstorable(value)) return { path, message: unstorable };
    if (typeof value !== "object" || value === null) continue;
    if (depth === maxDepth) return { path, message: `is nested deeper than ${maxDepth} levels` };
    for (const [key, child] of Object.entries(value)) {
      if (isUnstorable(key)) return { path, message: unstorable };
      open.push({ value: child, path: path ? `${path}.${key}` : key, depth: depth + 1 });
    }
  }
  return null;
}
