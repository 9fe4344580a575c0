import { ApiError } from "./api-error.ts";

/** 300,000 tokens of text fit in a third of it. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/**
 * Reads a JSON body. Throws `ApiError` 413 past `maxBytes`, 16 MiB if not given, and 400 for what is not JSON. A body that is
 * too long is read to its end, without being kept: a client that is still sending when the
 * connection closes may never see the answer.
 */
export async function readJson(
  body: AsyncIterable<Uint8Array<ArrayBuffer>>,
  maxBytes = MAX_TEXT_BYTES,
): Promise<unknown> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size <= maxBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (size > maxBytes) {
    throw new ApiError(413, `The body is larger than ${maxBytes} bytes.`, {
      code: "request_too_large",
    });
  }
  const text = await new Blob(chunks).text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ApiError(400, "We could not parse the JSON body of your request.", { cause });
  }
}
