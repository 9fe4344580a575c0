import { assertStorable } from "./assert-storable.ts";
import { ApiError } from "./errors.ts";

/** The largest request body, in bytes. */
export const maxBodyBytes = 1024 * 1024;
const timeoutMs = 10_000;

/**
 * Reads a request's body as JSON. Throws `ApiError`: UNSUPPORTED_MEDIA_TYPE unless it is plain
 * UTF-8 JSON, REQUEST_TOO_LARGE past the limit whatever its declared length, REQUEST_TIMEOUT when
 * it drips, INVALID_REQUEST when it is not JSON or `assertStorable` refuses it.
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
  assertStorable(value);
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
