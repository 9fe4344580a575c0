import { examine } from "./doctor/examine.ts";
import { readExpected } from "./doctor/expected.ts";
import { printChecks } from "./doctor/print-checks.ts";
import { failUsage } from "./support/fail-usage.ts";
import { readCommandLine } from "./support/read-command-line.ts";

const help = `Usage: npm run doctor -- [options]

Looks at an installation, changes nothing, and prints one line for each check with what to do about
those that fail. Ends with 1 if any fails.

  --url URL               project (default SUPABASE_URL, else http://127.0.0.1:54321)
  --db URL                its database (default SUPABASE_DB_URL), for all checks
  --key KEY               secret key (default SUPABASE_SECRET_KEY), instead of --db or beside it
  --publishable-key KEY   (default SUPABASE_PUBLISHABLE_KEY)
  --json                  one line of JSON: { ok, checks: [{ check, ok, detail, hint }] }
  --help                  show this

Without --db and --key only what answers over HTTP is looked at, and the line of the database fails.
Without --db the worker's key is taken from CRON_SECRET_KEY. No key is ever printed. In the SQL
editor: select * from private.validate_installation()`;

const fromEnv = (name: string) => ({ type: "string", default: Deno.env.get(name) ?? "" }) as const;
const { values: options } = readCommandLine(help, {
  url: { type: "string", default: Deno.env.get("SUPABASE_URL") || "http://127.0.0.1:54321" },
  db: fromEnv("SUPABASE_DB_URL"),
  key: fromEnv("SUPABASE_SECRET_KEY"),
  "publishable-key": fromEnv("SUPABASE_PUBLISHABLE_KEY"),
  json: { type: "boolean", default: false },
});
if (!/^https?:\/\//.test(options.url) || !URL.canParse(options.url)) {
  failUsage(help, "--url is not a URL");
}
if (options.db && !URL.canParse(options.db)) failUsage(help, "--db is not a URL");

const checks = await examine(
  {
    url: options.url.replace(/\/+$/, ""),
    publishableKey: options["publishable-key"] || null,
    secretKey: options.key || null,
    cronKey: Deno.env.get("CRON_SECRET_KEY") || null,
  },
  options.db || null,
  await readExpected(),
);
const ok = checks.every((check) => check.ok !== false);
if (options.json) console.log(JSON.stringify({ ok, checks }));
else printChecks(checks);
Deno.exit(ok ? 0 : 1);
