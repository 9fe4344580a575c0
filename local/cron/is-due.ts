import { Cron } from "croner";

/**
 * Whether a pg_cron schedule (`"5 seconds"`, or five fields in UTC) is due at `now`, given when it
 * ran last. Throws on a schedule that neither form describes.
 */
export function isDue(schedule: string, lastRun: Date, now: Date): boolean {
  const seconds = /^(\d+) seconds?$/.exec(schedule)?.[1];
  if (seconds) return now.getTime() - lastRun.getTime() >= Number(seconds) * 1000;
  const next = new Cron(schedule, { timezone: "UTC" }).nextRun(lastRun);
  return next !== null && next <= now;
}
