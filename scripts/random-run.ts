import { runBySeed, runners, wholeNumber } from "./support/run-by-seed.ts";

const help = `Usage: npm run random-run -- [options]

Queues jobs of every kind on a PostgreSQL server of its own, kills and stops workers, crashes the
database twice, lets the provider fail, and then holds every result to what it ought to be.

  --jobs N      how many jobs (default 200)
  --minutes M   how long they may take (default 5)
  --seed S      repeats the work and the provider's moods of another run (printed by each)
  --help        show this`;

await runBySeed({
  help,
  prefix: "RANDOM_RUN",
  options: { jobs: wholeNumber, minutes: wholeNumber, seed: wholeNumber },
  runner: runners.postgres,
  file: "tests/postgres/random-run.test.ts",
});
