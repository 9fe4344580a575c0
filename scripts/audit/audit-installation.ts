import { askUntilHeard } from "./ask-until-heard.ts";
import { AuditCheck } from "./audit-check.ts";
import type { AuditClient } from "./audit-client.ts";
import { auditContents } from "./audit-contents.ts";

/** Of `private.audit_installation`: each is one snapshot, and one call that takes its time. */
const parts = ["objects", "chunks", "jobs", "training_files", "counts"] as const;

export interface AuditOptions {
  /** Downloads what there is and compares the bytes, too. */
  contents: boolean;
  /** How old an object is before it ought to have a row. */
  graceMinutes: number;
  /** Between the first look and the second. */
  pauseMs: number;
}

/**
 * Makes every check. What is found is looked at a second time after a pause, and only what is still
 * there counts: whoever has uploaded a file and not yet said so is none. Changes nothing. Throws
 * when the installation does not answer.
 */
export async function auditInstallation(
  client: AuditClient,
  options: AuditOptions,
): Promise<AuditCheck[]> {
  const first = await look(client, options);
  const found = first.filter(({ difference_count }) => difference_count > 0);
  if (found.length === 0) return first;
  await new Promise((resolve) => setTimeout(resolve, options.pauseMs));
  const again = await look(client, options, new Set(found.map(({ part }) => part)));
  return first.map((check) => keep(check, again.find((other) => other.check === check.check)));
}

async function look(
  client: AuditClient,
  { contents, graceMinutes }: AuditOptions,
  wanted?: Set<string>,
): Promise<AuditCheck[]> {
  const checks: AuditCheck[] = [];
  for (const part of parts) {
    if (wanted && !wanted.has(part)) continue;
    const answer = await askUntilHeard(() =>
      client.rpc("audit_installation", { p_part: part, p_grace_minutes: graceMinutes })
    );
    checks.push(...AuditCheck.array().parse(answer));
  }
  if (contents && (!wanted || wanted.has("contents"))) checks.push(...await auditContents(client));
  return checks;
}

/** What both looks have seen. Of more than a thousand, the rest is taken to be the same. */
function keep(first: AuditCheck, second: AuditCheck | undefined): AuditCheck {
  if (!second) return first;
  const seen = new Set(second.differences.map(({ id }) => id));
  const differences = first.differences.filter(({ id }) => seen.has(id));
  const unlisted = Math.min(first.difference_count, second.difference_count) - 1000;
  const difference_count = differences.length + Math.max(0, unlisted);
  return { ...first, differences, difference_count, hint: difference_count ? first.hint : null };
}
