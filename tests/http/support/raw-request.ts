import { readAnswer } from "./read-answer.ts";

/** What a server answered on a connection of its own. */
export interface RawAnswer {
  status: number;
  /** Headers and body as they came. */
  text: string;
}

/**
 * Sends a request exactly as it is written, which `fetch` does not do: it resolves `..` in a path
 * and refuses a false length.
 */
export async function rawRequest(
  url: string,
  lines: string[],
  body: string | ReadableStream<Uint8Array> = "",
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const head = [...lines, `Host: ${hostname}`, "Connection: close"].join("\r\n");
  const writer = connection.writable.getWriter();
  await writer.write(new TextEncoder().encode(`${head}\r\n\r\n`));
  const sent = send(writer, body);
  const text = await readAnswer(connection);
  await sent;
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]), text };
}

async function send(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  body: string | ReadableStream<Uint8Array>,
): Promise<void> {
  try {
    if (typeof body === "string") return await writer.write(new TextEncoder().encode(body));
    for await (const part of body) await writer.write(part);
  } catch { /* a server need not listen to the end of what it refuses */ }
}
