/** Ends a script that was called otherwise than its help says, with status 2. */
export function failUsage(help: string, message: string): never {
  console.error(`${message}\n\n${help}`);
  Deno.exit(2);
}
