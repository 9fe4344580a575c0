/** Writes one line to stderr; stdout is for what programs read. */
export function log(part: string, message: string): void {
  console.error(`[${part}] ${message.replaceAll("\n", "\\n")}`);
}
