import { readMultipart } from "./read-multipart.ts";

/**
 * The body of a request for @supabase/lite, read to its end: the database connection must not be
 * held while a client sends. A multipart upload, as browsers and supabase-js make of a Blob,
 * becomes the plain form, since lite looks for the file under another field name. Throws when it
 * is not multipart or has no file, and when a call of Storage is not the JSON that it says it is.
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
  if (!isUpload) {
    // lite answers 500 to a call of Storage whose JSON it cannot read.
    if (isStorageCall(request, type)) assertJsonObject(bytes);
    return { body: bytes };
  }

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

/** Listing, signing, copying and the like; an object's own bytes may be any JSON. */
function isStorageCall({ method, url }: Request, type: string): boolean {
  const { pathname } = new URL(url);
  return type.startsWith("application/json") && (
    method === "DELETE" && pathname.startsWith("/storage/v1/") ||
    /^\/storage\/v1\/object\/+(list|list-v2|sign|upload\/sign|copy|move)\b/.test(pathname)
  );
}

function assertJsonObject(bytes: ArrayBuffer): void {
  const value: unknown = JSON.parse(new TextDecoder().decode(bytes), (_, part) => {
    if (part === Infinity || part === -Infinity) throw new Error("a number that is none");
    return part;
  });
  if (typeof value !== "object" || value === null) throw new Error("no JSON object");
}
