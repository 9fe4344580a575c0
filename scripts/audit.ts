import { auditInstallation } from "./audit/audit-installation.ts";
import { printAudit } from "./audit/print-audit.ts";
import { failUsage } from "./support/fail-usage.ts";
import { createOperatorClient, operatorOptions } from "./support/operator-client.ts";
import { readCommandLine } from "./support/read-command-line.ts";

const help = `Usage: npm run audit -- [options]

Compares what is stored: rows with objects, chunks with documents, jobs with what they were for,
training files with their versions, counts with what is counted. Changes nothing, and may be run at
any time: what is under way is no difference. Prints one line for each check, with the first
differences and what to do about them. Ends with 1 if there are any.

  --contents        also downloads every object that something was made of, and compares the bytes
  --grace MINUTES   how old an object is before it ought to have a row (default 60)
  --url URL         project (default SUPABASE_URL, else http://127.0.0.1:54321)
  --key KEY         secret key (default SUPABASE_SECRET_KEY)
  --json            one line of JSON: { ok, checks: [{ part, check, difference_count, differences, hint }] }
  --help            show this

In the SQL editor, without the bytes: select * from private.audit_installation()`;

const { values: options } = readCommandLine(help, {
  contents: { type: "boolean", default: false },
  grace: { type: "string", default: "60" },
  ...operatorOptions,
  json: { type: "boolean", default: false },
});
if (!/^\d{1,6}$/.test(options.grace)) failUsage(help, "--grace takes minutes");

const client = createOperatorClient(help, options);
try {
  const checks = await auditInstallation(client, {
    contents: options.contents,
    graceMinutes: Number(options.grace),
    pauseMs: 5000,
  });
  const ok = checks.every(({ difference_count }) => difference_count === 0);
  if (options.json) console.log(JSON.stringify({ ok, checks }));
  else printAudit(checks);
  Deno.exit(ok ? 0 : 1);
} catch (error) {
  console.error(`The audit could not be made: ${(error as Error).message}`);
  Deno.exit(2);
}
