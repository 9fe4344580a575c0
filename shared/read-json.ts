import { ApiError } from "./errors.ts";

/** The largest request body, in bytes. */
export const maxBodyBytes = 1024 * 1024;
const timeoutMs = 10_000;

/**
 * Reads a request's body as JSON. Throws `ApiError`: UNSUPPORTED_MEDIA_TYPE unless it is plain
 * UTF-8 JSON, REQUEST_TOO_LARGE past the limit whatever its declared length, REQUEST_TIMEOUT when
 * it drips, INVALID_REQUEST when it is not JSON or has text that PostgreSQL cannot store.
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
  const path = findUnstorableText(value);
  if (path !== null) {
    throw new ApiError("INVALID_REQUEST", "The request is not valid", {
      details: [{ path, message: "contains a NUL or half of a surrogate pair" }],
    });
  }
  return value;
}

async function readBytes(request: Request): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBodyBytes) throw tooLarge();
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  if (!reader) return new Uint8Array();
  const timer = setTimeout(() => reader.cancel("timeout").catch(() => undefined), timeoutMs);
  const startedAt = performance.now();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      size += part.value.byteLength;
      if (size > maxBodyBytes) throw tooLarge();
      parts.push(part.value);
    }
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => undefined);
  }
  if (performance.now() - startedAt >= timeoutMs) {
    throw new ApiError("REQUEST_TIMEOUT", "The body took longer than 10 seconds to arrive");
  }
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
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

/** Path of the first key or string that PostgreSQL refuses, or null. Without recursion: depth is the caller's choice. */
function findUnstorableText(root: unknown): string | null {
  const isUnstorable = (text: string) => text.includes("\0") || !text.isWellFormed();
  const open: { value: unknown; path: string }[] = [{ value: root, path: "" }];
  for (let entry = open.pop(); entry; entry = open.pop()) {
    const { value, path } = entry;
    if (typeof value === "string" && isUnstorable(value)) return path;
    if (typeof value !== "object" || value === null) continue;
    for (const [key, child] of Object.entries(value)) {
      const childPath = path ? `${path}.${key}` : key;
      if (isUnstorable(key)) return path;
      open.push({ value: child, path: childPath });
    }
  }
  return null;
}
