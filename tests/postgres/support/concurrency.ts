import type { TestDatabase } from "../../support/test-database.ts";

/** Starts `work` so many times at once. */
export function times<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => work(index)));
}

/** A promise and what resolves it. */
export function createGate(): { passed: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}

/** Resolves when a session waits for a lock in a statement with the given text. */
export async function untilBlocked(db: TestDatabase, text: string): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const rows = await db.query(
      `select from pg_stat_activity
       where wait_event_type = 'Lock' and datname = current_database() and query like $1`,
      [`%${text}%`],
    );
    if (rows.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`nobody waits for a lock in ${text}`);
}

/** Number of jobs of a lane that are held. */
export async function countInFlight(db: TestDatabase, lane: string): Promise<number> {
  const rows = await db.query(
    "select from private.jobs where lane = $1 and lease_token is not null",
    [lane],
  );
  return rows.length;
}

/** Asks for `check` again and again until `work` is done; returns the highest answer. */
export async function highestDuring(
  check: () => Promise<number>,
  work: Promise<unknown>,
): Promise<number> {
  let highest = 0;
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  while (!isOver) highest = Math.max(highest, await check());
  await over;
  return highest;
}
