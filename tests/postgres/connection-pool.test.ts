import v8 from "node:v8";
import vm from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "../../local/database/open-database.ts";
import { type Cluster, createCluster } from "../../scripts/support/postgres-cluster.ts";
import { createGate, times } from "./support/concurrency.ts";

let cluster: Cluster;
let db: Database;

beforeAll(async () => {
  cluster = await createCluster();
  db = await openDatabase({ url: cluster.url });
  await db.exec("create table public.notes (body text)");
});
afterAll(async () => {
  await db?.close();
  await cluster?.destroy();
});

async function crash(): Promise<void> {
  await cluster.crash();
  await cluster.start();
}

test("fails every transaction that a crash interrupts, and answers everybody after it", async () => {
  const gate = createGate();
  const begun = createGate();
  let open = 0;
  const interrupted = times(20, (index) =>
    db.transaction(async ({ query }) => {
      await query("insert into public.notes values ($1)", [`note ${index}`]);
      if (++open === 20) begun.open();
      await gate.passed;
      await query("insert into public.notes values ($1)", [`second note ${index}`]);
    }).then(() => "committed", () => "failed"));
  await begun.passed;
  await crash();
  gate.open();

  expect(new Set(await interrupted)).toEqual(new Set(["failed"]));
  for (let round = 0; round < 3; round++) {
    const counts = await times(25, () =>
      db.query<{ n: number }>(
        "select count(*)::integer as n from public.notes where body like $1",
        ["%note%"],
      ));
    expect(counts.flat()).toEqual(Array.from({ length: 25 }, () => ({ n: 0 })));
  }
});

/** The size of the heap without what nobody holds any more, in bytes. */
function heldHeap(): number {
  v8.setFlagsFromString("--expose-gc");
  vm.runInNewContext("gc")();
  return Deno.memoryUsage().heapUsed;
}

test("keeps no answer that somebody has had", async () => {
  const answers = 1500;
  const before = heldHeap();
  for (let at = 0; at < answers; at++) {
    // Another text each time, of 200 kB.
    await db.query("select repeat($1, 20000) as body", [String(1e9 + at)]);
  }

  expect(heldHeap() - before).toBeLessThan(100 * 1024 * 1024);
});

test("refuses a list that is nested too deeply, and answers what follows", async () => {
  let nested: unknown = "x";
  for (let depth = 0; depth < 5000; depth++) nested = [nested];

  await expect(db.transaction(({ query }) => query("select $1::uuid", [nested])))
    .rejects.toMatchObject({ code: "22P02" });

  expect(await db.query("select $1::text[] as list", [["a", "b"]])).toEqual([{ list: ["a", "b"] }]);
});
