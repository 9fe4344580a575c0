import { auditInstallation } from "../../../../scripts/audit/audit-installation.ts";
import { adminOf } from "../../../support/user.ts";
import type { CrashableStack } from "../random-run/stack.ts";
import type { Ledger } from "./ledger.ts";

/** Makes the audit of the database again and again: what is under way must be no difference. */
export async function auditUnderLoad(
  { address }: CrashableStack,
  ledger: Ledger,
  over: AbortSignal,
): Promise<void> {
  while (!over.aborted) {
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    const checks = await auditInstallation(adminOf(address), {
      contents: false,
      graceMinutes: 60,
      pauseMs: 2000,
    }).catch(() => null);
    // Crashes of the database take one now and then.
    if (!checks) continue;
    ledger.count("operations", "audit");
    for (const { check, differences } of checks) {
      for (const { id, detail } of differences) {
        ledger.unexpected.push(`audit under load: ${check}: ${id}: ${detail}`);
      }
    }
  }
}
