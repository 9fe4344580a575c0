import { readMultipart } from "./read-multipart.ts";

/**
 * The body of a request for @supabase/lite, read to its end: the database connection must not be
 * held while a client sends. A multipart upload, as browsers and supabase-js make of a Blob,
 * becomes the plain form, since lite looks for the file under another field name. Throws when it
 * is not multipart or has no file.
 */
export async function toRawUpload(
  request: Request,
  headers: Headers,
): Promise<{ body?: BodyInit }> {
  if (request.body === null) return {};
  const bytes = await request.arrayBuffer();
  const type = headers.get("content-type") ?? "";
  const isUpload = new URL(request.url).pathname.startsWith("/storage/v1/object/") &&
    type.startsWith("multipart/form-data");
  if (!isUpload) return { body: bytes };

  const parts = readMultipart(bytes, type);
  const file = parts.find(({ filename }) => filename !== null);
  if (!file) throw new Error("multipart without a file");
  const cacheControl = parts.find(({ name }) => name === "cacheControl");
  // lite holds the size to the bucket's limit by this header.
  headers.set("content-length", `${file.content.length}`);
  headers.set("content-type", file.contentType || "application/octet-stream");
  if (cacheControl) {
    headers.set("cache-control", `max-age=${new TextDecoder().decode(cacheControl.content)}`);
  }
  return { body: file.content };
}
