import { expect } from "vitest";
import { auditInstallation } from "../../../../scripts/audit/audit-installation.ts";
import { printAudit } from "../../../../scripts/audit/print-audit.ts";
import { adminOf } from "../../../support/user.ts";
import type { CrashableStack } from "./stack.ts";

/** Makes the audit, bytes and all, of a stack on which nothing is open; throws with what differs. */
export async function expectNoDifferences({ address }: CrashableStack): Promise<void> {
  const checks = await auditInstallation(adminOf(address), {
    contents: true,
    graceMinutes: 0,
    pauseMs: 1000,
  });
  printAudit(checks);
  expect(checks.filter(({ difference_count }) => difference_count > 0)).toEqual([]);
}
