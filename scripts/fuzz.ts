import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const help = `Usage: npm run fuzz -- [options]

Sends spoilt requests to every route, function, table and bucket of a stack of its own, as
different people, and fails when one makes anything fail, hang, leak or grow.

  --seconds N   how long (default 60)
  --seed S      repeats the requests of another run (printed by each)
  --path P      begins where another run found something (printed with it)
  --help        show this`;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string" },
    path: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(help);
  Deno.exit(0);
}
const env: Record<string, string> = {};
for (const name of ["seconds", "seed", "path"] as const) {
  const value = values[name];
  if (value === undefined) continue;
  const form = name === "path" ? /^\d+(:\d+)*$/ : /^\d{1,10}$/;
  if (!form.test(value)) {
    console.error(`--${name} cannot be ${value}\n\n${help}`);
    Deno.exit(2);
  }
  env[`FUZZ_${name.toUpperCase()}`] = value;
}
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    "run",
    "-A",
    "--node-modules-dir=manual",
    "npm:vitest",
    "run",
    "tests/attacks/fuzz.test.ts",
  ],
  cwd: fileURLToPath(new URL("../", import.meta.url)),
  env,
}).spawn().status;
Deno.exit(code);
