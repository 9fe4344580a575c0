import { PgBoss } from "pg-boss";
import type { Engine } from "./engine.ts";

/** pg-boss at its fastest: LISTEN/NOTIFY, batches without a pause, and the shortest poll. */
export async function createPgBossEngine(
  url: string,
): Promise<Engine & { close(): Promise<void> }> {
  const producer = new PgBoss({ connectionString: url, max: 2 });
  producer.on("error", () => undefined);
  await producer.start();
  await producer.createQueue("bench", { notify: true });
  return {
    name: "pg-boss 12.35.0",
    enqueue: async (payloads) => {
      await producer.insert("bench", payloads.map((data) => ({ data })));
    },
    start: async ({ workers, concurrency, work }) => {
      const bosses = await Promise.all(Array.from({ length: workers }, async () => {
        const boss = new PgBoss({
          connectionString: url,
          max: 2,
          useListenNotify: true,
          supervise: false,
          schedule: false,
        });
        boss.on("error", () => undefined);
        await boss.start();
        await boss.work<Record<string, unknown>>("bench", {
          batchSize: Math.ceil(concurrency / 2),
          burstWhenBatchFull: true,
          localConcurrency: 2,
          pollingIntervalSeconds: 0.5,
          notifyPollingIntervalSeconds: 0.5,
        }, async (jobs) => void await Promise.all(jobs.map(({ data }) => work(data))));
        return boss;
      }));
      return {
        stop: async () =>
          void await Promise.all(bosses.map((boss) => boss.stop({ graceful: true }))),
      };
    },
    close: async () => await producer.stop({ graceful: false }),
  };
}
