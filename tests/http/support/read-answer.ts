/** All that a server sends on a connection, as text, until it hangs up. */
export async function readAnswer(connection: Deno.Conn): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const part of connection.readable) text += decoder.decode(part, { stream: true });
  } catch { /* it may hang up once it has answered */ }
  return text;
}
