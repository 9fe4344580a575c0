/** Where an installation is reached over HTTP, and with what. Keys are sent, never printed. */
export interface Installation {
  /** Without a slash at its end. */
  url: string;
  publishableKey: string | null;
  /** The default secret key. */
  secretKey: string | null;
  /** The secret key named cron. */
  cronKey: string | null;
}

/** What came back: an answer, or why there is none. */
export type Answer =
  | { status: number; headers: Headers; body: unknown }
  | { status: null; problem: string };

const timeoutMs = 10_000;

/** Asks once. Bodies that are not JSON are given as null. */
export async function ask(
  { url }: Installation,
  path: string,
  { method = "GET", headers = {}, body }: {
    method?: string;
    headers?: Record<string, string>;
    body?: unknown;
  } = {},
): Promise<Answer> {
  try {
    const answer = await fetch(url + path, {
      method,
      headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: parse(text) };
  } catch (error) {
    return { status: null, problem: (error as Error).message };
  }
}

/** How the answer reads in a line of the doctor. */
export function describe(answer: Answer): string {
  return answer.status === null ? answer.problem : `answers ${answer.status}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
