/**
 * Gives signed URLs the form that storage-js reads: `signedURL`, relative to `/storage/v1`, where
 * @supabase/lite answers `signedUrl` with the prefix. A GET of the same path fetches the object.
 */
export async function toHostedStorageAnswer(
  answer: Response,
  { url, method }: Request,
): Promise<Response> {
  const isSigning = method === "POST" &&
    new URL(url).pathname.startsWith("/storage/v1/object/sign/");
  const isJson = answer.headers.get("content-type")?.startsWith("application/json");
  if (!isSigning || !isJson || !answer.ok) return answer;

  const body: unknown = await answer.json();
  const headers = new Headers(answer.headers);
  headers.delete("content-length");
  return new Response(
    JSON.stringify(Array.isArray(body) ? body.map(renameSignedUrl) : renameSignedUrl(body)),
    { status: answer.status, headers },
  );
}

function renameSignedUrl(entry: unknown): unknown {
  if (typeof entry !== "object" || entry === null || !("signedUrl" in entry)) return entry;
  const { signedUrl, ...rest } = entry;
  const relative = typeof signedUrl === "string" && signedUrl !== ""
    ? signedUrl.replace(/^\/storage\/v1/, "")
    : null;
  return { ...rest, signedURL: relative };
}
