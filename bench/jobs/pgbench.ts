/** A script for pgbench, and how it is run. */
export interface PgbenchRun {
  url: string;
  script: string;
  clients: number;
  /** Rounds of the script that each client does. */
  rounds: number;
}

/** Where Debian's packages put it; elsewhere it is in the path. */
const debianProgram = "/usr/lib/postgresql/17/bin/pgbench";

/**
 * Runs a script with PostgreSQL's own load generator, its statements prepared as by any driver,
 * and answers with rounds a second. Throws when a client fails.
 */
export async function runPgbench({ url, script, clients, rounds }: PgbenchRun): Promise<number> {
  const file = await Deno.makeTempFile({ suffix: ".sql" });
  try {
    await Deno.writeTextFile(file, script);
    const { success, stdout, stderr } = await new Deno.Command(await findProgram(), {
      args: [
        ...["--no-vacuum", "--protocol=prepared", "--jobs=2"],
        ...[`--client=${clients}`, `--transactions=${rounds}`, `--file=${file}`, url],
      ],
    }).output();
    const text = new TextDecoder().decode(stdout);
    const tps = Number(/^tps = ([\d.]+)/m.exec(text)?.[1]);
    if (success && tps > 0) return tps;
    throw new Error(`pgbench failed: ${new TextDecoder().decode(stderr)}`);
  } finally {
    await Deno.remove(file);
  }
}

async function findProgram(): Promise<string> {
  try {
    await Deno.stat(debianProgram);
    return debianProgram;
  } catch {
    return "pgbench";
  }
}
