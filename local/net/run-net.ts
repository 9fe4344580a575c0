import type { Database } from "../database/open-database.ts";
import { log } from "../log.ts";

interface QueuedRequest {
  id: number;
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | null;
  timeout_milliseconds: number;
}

/** Makes the calls that `net.http_post` queued, as pg_net would: once, without a retry. */
export async function runNet(database: Database): Promise<{ stop(): Promise<void> }> {
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const drain = () => {
    if (stopping.signal.aborted) return;
    running = running.then(async () => {
      const requests = await take(database);
      await Promise.all(requests.map((request) => call(database, request, stopping.signal)));
    }).catch((error) => log("net", String(error)));
  };
  await database.listen("net_http_request", drain);
  drain();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function take(database: Database): Promise<QueuedRequest[]> {
  return await database.query<QueuedRequest & Record<string, unknown>>(
    `delete from net.http_request_queue
     returning id, method, url, headers, convert_from(body, 'UTF8') as body, timeout_milliseconds`,
  );
}

async function call(
  database: Database,
  request: QueuedRequest,
  stopping: AbortSignal,
): Promise<void> {
  let status: number | null = null;
  let content: string | null = null;
  let problem: string | null = null;
  try {
    const answer = await fetch(request.url, {
      method: request.method,
      headers: request.headers,
      body: request.body,
      signal: AbortSignal.any([stopping, AbortSignal.timeout(request.timeout_milliseconds)]),
    });
    status = answer.status;
    content = await answer.text();
  } catch (error) {
    problem = String(error);
    if (!stopping.aborted) log("net", `${request.method} ${request.url}: ${problem}`);
  }
  await database.query(
    `insert into net._http_response (id, status_code, content, timed_out, error_msg)
     values ($1, $2, $3, $4, $5)`,
    [request.id, status, content, problem?.includes("TimeoutError") ?? false, problem],
  );
  await database.query("delete from net._http_response where created < now() - interval '6 hours'");
}
