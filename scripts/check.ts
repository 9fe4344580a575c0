const help = `Usage: npm run check

Format, lint and types of everything, and types of each edge function as it is deployed: with its
own deno.json. The database's conventions are checked by npm test.`;

if (Deno.args.includes("--help")) {
  console.log(help);
  Deno.exit(0);
}

const functions = [...Deno.readDirSync("supabase/functions")]
  .filter((entry) => entry.isDirectory)
  .map((entry) => `supabase/functions/${entry.name}`)
  .sort();

const steps = [
  ["fmt", "--check"],
  ["lint"],
  ["check", "bench", "eval", "local", "scripts", "shared", "tests", "vitest.config.ts"],
  ...functions.map((folder) => [
    "check",
    `--config=${folder}/deno.json`,
    "--node-modules-dir=manual",
    `${folder}/index.ts`,
  ]),
];

for (const args of steps) {
  console.log(`deno ${args.join(" ")}`);
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [args[0]!, "--quiet", ...args.slice(1)],
  })
    .spawn().status;
  if (code !== 0) Deno.exit(code);
}
console.log("ok");
