import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { migrate, readMigrations } from "../../local/database/migrate.ts";
import { openDatabase } from "../../local/database/open-database.ts";
import { preparePlatform } from "../../local/database/prepare-platform.ts";
import { setVaultSecrets } from "../../local/database/set-vault-secrets.ts";
import { type Cluster, createCluster } from "../../scripts/support/postgres-cluster.ts";
import { until } from "../support/until.ts";

let cluster: Cluster;
let sql: postgres.Sql;

beforeAll(async () => {
  cluster = await createCluster();
  const db = await openDatabase({ url: cluster.url });
  await preparePlatform(db);
  await migrate(db, await readMigrations());
  await setVaultSecrets(db, { project_url: "https://project.example", cron_secret_key: "key" });
  await db.close();
  connect();
});
afterAll(async () => {
  await sql?.end({ timeout: 1 });
  await cluster?.destroy();
});
beforeEach(async () => {
  await sql`delete from private.jobs`;
  await sql`delete from private.workers`;
  await sql`select public.enqueue_jobs(${
    sql.json([{ lane: "storage", kind: "test", dedupe_key: "a" }])
  })`;
});

function connect(): void {
  sql = postgres(cluster.url, { max: 4, onnotice: () => undefined });
}

/** Ends the server as a power cut would, and starts it again. */
async function crash(): Promise<void> {
  await sql.end({ timeout: 0 });
  await cluster.crash();
  await cluster.start();
  connect();
}

const claim = (worker: string) =>
  sql<{ job_id: string; lease_token: string; attempt: number }[]>`
    select * from public.claim_jobs(${worker})`;

const complete = async ({ job_id, lease_token }: { job_id: string; lease_token: string }) => {
  const [row] = await sql`
    select outcome from public.complete_jobs(${sql.json([{ job_id, lease_token }])})`;
  return row!.outcome;
};

describe("a database that crashes", () => {
  test("in the middle of a claim leaves the job to the next", async () => {
    const claiming = await sql.reserve();
    await claiming`begin`;
    await claiming`select * from public.claim_jobs('first')`;

    await crash();
    const [lease] = await claim("second");

    expect(lease).toMatchObject({ attempt: 1 });
    expect(await complete(lease!)).toBe("done");
  });

  test("after a claim lets one worker finish the job, whether it forgot the claim or not", async () => {
    const [first] = await claim("first");

    await crash();
    await sql`update private.jobs set visible_at = now()`;
    const [second] = await claim("second");
    const outcomes = [await complete(first!), await complete(second!)];

    expect(outcomes).toEqual(["stale_lease", "done"]);
    expect(await sql`select outcome from private.job_history where dedupe_key = 'a'`.values())
      .toContainEqual(["completed"]);
    expect(await sql`select from private.jobs`).toHaveLength(0);
  });

  test("leaves a gap in the ids, and the order in which jobs were queued", async () => {
    const enqueue = async (key: string) => {
      const [row] = await sql<{ job_id: string }[]>`select job_id from public.enqueue_jobs(${
        sql.json([{ lane: "storage", kind: "test", dedupe_key: key }])
      })`;
      return Number(row!.job_id);
    };
    await sql`delete from private.jobs`;
    const before = [await enqueue("b"), await enqueue("c")];

    await crash();
    const after = await enqueue("d");
    const served: number[] = [];
    for (let job = 0; job < 3; job++) {
      const [lease] = await claim("worker");
      served.push(Number(lease!.job_id));
      await complete(lease!);
    }

    expect(after).toBeGreaterThan(before[1]! + 1);
    expect(served).toEqual([...before, after]);
  });

  test("forgets no job that has ended", async () => {
    const [lease] = await claim("first");
    await complete(lease!);

    await crash();

    expect(await sql`select from private.job_history where id = ${lease!.job_id}`).toHaveLength(1);
    expect(await sql`select from private.jobs`).toHaveLength(0);
  });

  test("and loses the calls that pg_net had queued wakes a worker with the next tick", async () => {
    await sql`truncate net.http_request_queue`;

    await crash();

    await until("a call of a worker", async () => {
      const calls = await sql`select from net.http_request_queue`;
      return calls.length > 0;
    }, { seconds: 15 });
  });
});
