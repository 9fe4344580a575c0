import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const help = `Usage: npm run random-run -- [options]

Queues jobs of every kind on a PostgreSQL server of its own, kills and stops workers, crashes the
database twice, lets the provider fail, and then holds every result to what it ought to be.

  --jobs N      how many jobs (default 200)
  --minutes M   how long they may take (default 5)
  --seed S      repeats the work and the provider's moods of another run (printed by each)
  --help        show this`;

const { values } = parseArgs({
  options: {
    jobs: { type: "string" },
    minutes: { type: "string" },
    seed: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(help);
  Deno.exit(0);
}
const env: Record<string, string> = {};
for (const name of ["jobs", "minutes", "seed"] as const) {
  const value = values[name];
  if (value === undefined) continue;
  if (!/^[1-9]\d{0,9}$/.test(value)) {
    console.error(`--${name} takes a whole number, not ${value}\n\n${help}`);
    Deno.exit(2);
  }
  env[`RANDOM_RUN_${name.toUpperCase()}`] = value;
}
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    "run",
    "-A",
    "--node-modules-dir=manual",
    fileURLToPath(new URL("test-postgres.ts", import.meta.url)),
    "tests/postgres/random-run.test.ts",
  ],
  env,
}).spawn().status;
Deno.exit(code);
