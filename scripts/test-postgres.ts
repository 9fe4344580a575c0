import { createCluster } from "./support/postgres-cluster.ts";

const help = `Usage: npm run test:postgres -- [vitest arguments]

Runs every test on PostgreSQL 17: those that npm test runs on PGlite, and tests/postgres, which
need many connections, pg_cron or the Supabase CLI.

Uses the server of DATABASE_URL (superuser; it makes and drops databases there) when that is set.
Otherwise it makes a throw-away server, which needs the packages of scripts/install-postgres.sh.`;

if (Deno.args.includes("--help")) {
  console.log(help);
  Deno.exit(0);
}

/** Runs vitest against a server and resolves with its exit code. */
async function runVitest(databaseUrl: string): Promise<number> {
  const vitest = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--node-modules-dir=manual", "npm:vitest", "run", ...Deno.args],
    env: { DATABASE_URL: databaseUrl },
  }).spawn();
  // Ctrl-C reaches vitest by itself; this process stays to remove the server.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => signal === "SIGTERM" && vitest.kill(signal));
  }
  return (await vitest.status).code;
}

const given = Deno.env.get("DATABASE_URL");
const cluster = given ? null : await createCluster();
let code = 1;
try {
  code = await runVitest(given ?? cluster!.url);
} finally {
  await cluster?.destroy();
}
Deno.exit(code);
