import { Buffer } from "node:buffer";
import { readAnswer } from "../../http/support/read-answer.ts";
import type { FuzzRequest } from "./any-request.ts";

/** What a server answered, with the names of headers in lower case. */
export interface FuzzAnswer {
  status: number;
  headers: Headers;
  text: string;
}

const utf8 = new TextEncoder();

/**
 * Writes a request to a connection of its own, as it is, which `fetch` does not do: it resolves
 * `..`, drops an empty header and refuses some methods. Null when the request was to be cut, or
 * when the server has hung up without an answer. Throws when no answer comes in time.
 */
export async function sendRequest(
  url: string,
  request: FuzzRequest,
  known: Record<string, string>,
  limitMs: number,
): Promise<FuzzAnswer | null> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const isLate = Promise.withResolvers<never>();
  const timer = setTimeout(() => isLate.reject(new Error(`no answer in ${limitMs} ms`)), limitMs);
  try {
    return await Promise.race([exchange(connection, hostname, request, known), isLate.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function exchange(
  connection: Deno.TcpConn,
  hostname: string,
  { method, target, headers, body, transfer }: FuzzRequest,
  known: Record<string, string>,
): Promise<FuzzAnswer | null> {
  const own = new Set(headers.map(([name]) => name));
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `host: ${hostname}`,
    "connection: close",
    ...Object.entries(known).filter(([name]) => !own.has(name)).map((pair) => pair.join(": ")),
    ...headers.map((pair) => pair.join(": ")),
    ...(body === null
      ? []
      : [transfer === "chunked" ? "transfer-encoding: chunked" : `content-length: ${body.length}`]),
  ];
  const head = utf8.encode(`${lines.join("\r\n")}\r\n\r\n`);
  if (transfer === "cut") {
    const half = body?.subarray(0, body.length / 2) ?? new Uint8Array();
    await writeAll(connection, new Uint8Array([...head, ...half]));
    await new Promise((resolve) => setTimeout(resolve, 5));
    return null;
  }
  const content = body === null ? null : transfer === "chunked" ? toChunks(body) : body;
  const sent = (async () => {
    await writeAll(connection, head);
    if (content) await writeAll(connection, content);
  })().catch(() => undefined);
  const text = await readAnswer(connection);
  await sent;
  return parse(text);
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

function toChunks(body: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  const size = Math.max(1, Math.ceil(body.length / 3));
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size);
    parts.push(utf8.encode(`${part.length.toString(16)};x=1\r\n`), part, utf8.encode("\r\n"));
  }
  return new Uint8Array(Buffer.concat([...parts, utf8.encode("0\r\n\r\n")]));
}

function parse(text: string): FuzzAnswer | null {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1]);
  if (end < 0 || Number.isNaN(status)) return null;
  const headers = new Headers(lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  }));
  const body = text.slice(end + 4);
  const isChunked = headers.get("transfer-encoding") === "chunked";
  return { status, headers, text: isChunked ? joinChunks(body) : body };
}

/** Sizes are counted in bytes, but an error's text is short and mostly ASCII. */
function joinChunks(body: string): string {
  const bytes = utf8.encode(body);
  const decoder = new TextDecoder();
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(13, at);
    const size = parseInt(decoder.decode(bytes.subarray(at, end)), 16);
    if (!(size > 0)) break;
    text += decoder.decode(bytes.subarray(end + 2, end + 2 + size), { stream: true });
    at = end + 2 + size + 2;
  }
  return text;
}
