import { runBySeed, runners, wholeNumber } from "./support/run-by-seed.ts";

const help = `Usage: npm run fuzz -- [options]

Sends spoilt requests to every route, function, table and bucket of a stack of its own, as
different people, and fails when one makes anything fail, hang, leak or grow.

  --seconds N   how long (default 60)
  --seed S      repeats the requests of another run (printed by each)
  --path P      begins where another run found something (printed with it)
  --help        show this`;

await runBySeed({
  help,
  prefix: "FUZZ",
  options: { seconds: wholeNumber, seed: wholeNumber, path: /^\d+(:\d+)*$/ },
  defaults: { seconds: "60" },
  runner: runners.embedded,
  file: "tests/attacks/fuzz.test.ts",
});
