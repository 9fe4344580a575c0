import type { Database } from "../database/open-database.ts";
import { log } from "../log.ts";
import { isDue } from "./is-due.ts";

interface CronJob {
  jobid: number;
  schedule: string;
  command: string;
}

/** Runs the jobs of the `cron.job` stand-in when they are due, as pg_cron would; returns a stop. */
export function runCron(database: Database): { stop(): Promise<void> } {
  const lastRuns = new Map<number, Date>();
  let running: Promise<void> = Promise.resolve();

  const tick = async () => {
    const jobs = await database.query<Row & CronJob>(
      "select jobid, schedule, command from cron.job where active order by jobid",
    );
    for (const job of jobs) {
      const now = new Date();
      if (!lastRuns.has(job.jobid)) lastRuns.set(job.jobid, now);
      else if (isDue(job.schedule, lastRuns.get(job.jobid)!, now)) {
        lastRuns.set(job.jobid, now);
        await runJob(database, job, now);
      }
    }
  };
  const timer = setInterval(() => {
    running = running.then(tick).catch((error) => log("cron", String(error)));
  }, 1000);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

type Row = Record<string, unknown>;

async function runJob(database: Database, job: CronJob, startedAt: Date): Promise<void> {
  let status = "succeeded";
  let message = "";
  try {
    await database.exec(job.command);
  } catch (error) {
    status = "failed";
    message = String(error);
    log("cron", `${job.command}: ${message}`);
  }
  // Of what succeeded the last run is enough: whether cron is alive is read from it. It takes the
  // place of the one before in one statement, so that cron is never seen as not having run.
  await database.query(
    `with replaced as (
       delete from cron.job_run_details where jobid = $1 and status = 'succeeded'
     )
     insert into cron.job_run_details
       (jobid, database, username, command, status, return_message, start_time, end_time)
     values ($1, current_database(), current_user, $2, $3, $4, $5, now())`,
    [job.jobid, job.command, status, message, startedAt.toISOString()],
  );
}
