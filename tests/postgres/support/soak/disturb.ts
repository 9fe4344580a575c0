import { disturbWorkers } from "../random-run/disturb-workers.ts";
import type { CrashableStack } from "../random-run/stack.ts";
import { countJobs, hurry } from "../random-run/work-off.ts";
import type { Workers } from "../random-run/workers.ts";
import type { Ledger } from "./ledger.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Means {
  stack: CrashableStack;
  workers: Workers;
  ledger: Ledger;
  random: () => number;
  leaseSeconds: number;
}

/**
 * Does one harm after the other, a few seconds apart, and a crash of the database about once a
 * minute, until it is told that it is over; what it has broken is whole again then.
 */
export async function disturb(means: Means, over: AbortSignal): Promise<void> {
  const { stack, workers, ledger, random, leaseSeconds } = means;
  let crashAt = performance.now() + 20_000;
  while (!over.aborted) {
    await sleep(1000 + 3000 * random());
    await hurry(stack);
    ledger.isBusy = (await countJobs(stack)).open > 150;
    if (performance.now() > crashAt) {
      await crash(means);
      crashAt = performance.now() + 40_000 + 40_000 * random();
      continue;
    }
    const dice = random();
    if (dice < 0.1) await pauseLane(means);
    else if (dice < 0.18) await rotateKey(means);
    else {
      const done = await disturbWorkers(workers, leaseSeconds, random).catch(() => null);
      if (done) ledger.count("disturbances", done);
    }
  }
}

async function crash({ stack, ledger, random }: Means): Promise<void> {
  const outage = ledger.beginOutage();
  await stack.cluster.crash();
  await sleep(1500 * random());
  await stack.cluster.start();
  outage.end();
  ledger.count("disturbances", "database crash");
}

async function pauseLane({ stack, ledger, random }: Means): Promise<void> {
  const lanes = ["embedding", "pass2", "training-files", "storage"];
  const lane = lanes[Math.floor(random() * lanes.length)];
  await stack.query("select private.pause_lane($1, 'infinity')", [lane!]);
  await sleep(3000);
  await stack.query("select private.pause_lane($1, null)", [lane!]);
  ledger.count("disturbances", "lane paused");
}

/** For a while the database calls the worker with a key that is over. */
async function rotateKey({ stack, ledger }: Means): Promise<void> {
  const set = (key: string) =>
    stack.query("update vault.secrets set secret = $1 where name = 'cron_secret_key'", [key]);
  await set("sb_secret_of_yesterday");
  await sleep(2500);
  await set(stack.address.cronKey);
  ledger.count("disturbances", "key rotated");
}
