/** What bad requests are sent to, and what those who send them have. */
export interface Targets {
  url: string;
  publishable_key: string;
  /** A right token, of somebody who may not have the file. */
  token: string;
  fileId: string;
}

/** One request that must be refused. */
export interface BadRequest {
  url: string;
  init: RequestInit;
  /** What it must be answered with. */
  status: number;
}

/** Of each sort one: they come in turn. */
export function badRequests({ url, publishable_key, token, fileId }: Targets): BadRequest[] {
  const files = `${url}/functions/v1/training-files`;
  const apikey = publishable_key;
  const right = { apikey, authorization: `Bearer ${token}` };
  const json = { ...right, "content-type": "application/json" };
  const forged = { apikey, authorization: `Bearer ${token.slice(0, -20)}${"A".repeat(20)}` };
  const tooLarge = "x".repeat(1024 * 1024 + 1);
  return [
    { url: `${files}/${fileId}`, init: { headers: { apikey } }, status: 401 },
    { url: `${files}/${fileId}`, init: { headers: forged }, status: 401 },
    {
      url: `${files}/preview`,
      init: { method: "POST", headers: json, body: '{"conversation_ids":[' },
      status: 400,
    },
    { url: `${files}/${fileId}/unknown/route`, init: { headers: right }, status: 404 },
    { url: `${url}/functions/v1/unknown`, init: { headers: right }, status: 404 },
    { url: `${files}/${fileId}`, init: { headers: right }, status: 404 },
    { url: files, init: { method: "POST", headers: json, body: tooLarge }, status: 413 },
  ];
}
