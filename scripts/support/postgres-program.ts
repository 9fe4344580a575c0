/** Where a program of PostgreSQL 17 is: in Debian's folder for that version, else in the path. */
export async function postgresProgram(name: string): Promise<string> {
  const installed = `/usr/lib/postgresql/17/bin/${name}`;
  return await Deno.stat(installed).then(() => installed, () => name);
}
