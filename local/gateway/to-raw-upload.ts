/**
 * The body of a request for @supabase/lite, read to its end: the database connection must not be
 * held while a client sends. A multipart upload, as browsers and supabase-js make of a Blob,
 * becomes the plain form, since lite looks for the file under another field name.
 */
export async function toRawUpload(
  request: Request,
  headers: Headers,
): Promise<{ body?: ArrayBuffer }> {
  if (request.body === null) return {};
  const isUpload = new URL(request.url).pathname.startsWith("/storage/v1/object/") &&
    headers.get("content-type")?.startsWith("multipart/form-data");
  if (!isUpload) return { body: await request.arrayBuffer() };

  const form = await request.formData();
  const file = [...form.values()].find((value) => value instanceof File);
  const cacheControl = form.get("cacheControl");
  headers.delete("content-length");
  headers.set("content-type", file?.type || "application/octet-stream");
  if (typeof cacheControl === "string") headers.set("cache-control", `max-age=${cacheControl}`);
  return { body: await file?.arrayBuffer() ?? new ArrayBuffer(0) };
}
