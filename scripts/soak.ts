import { runBySeed, runners, wholeNumber } from "./support/run-by-seed.ts";

const help = `Usage: npm run soak -- [options]

The long form of random-run: four users work on a PostgreSQL server and a stack of its own, on the
loopback, with documents, drawings, training files, searches and members. Meanwhile workers are
killed and stopped, the database crashes, lanes are paused, keys rotate, and the providers fail. A
line every ten seconds; in the end everything is worked off, and npm run audit -- --contents must
find no difference. Ends with 1 if it does, or if a server failed whose database was up.

  --minutes N   how long they work (default 30)
  --seed S      repeats the work and the providers' moods of another soak (printed by each)
  --help        show this`;

await runBySeed({
  help,
  prefix: "SOAK",
  options: { minutes: wholeNumber, seed: wholeNumber },
  defaults: { minutes: "30" },
  runner: runners.postgres,
  file: "tests/postgres/soak.test.ts",
});
