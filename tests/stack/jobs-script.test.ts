import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { startScript } from "../support/run-script.ts";
import { adminOf, createUser } from "../support/user.ts";

vi.setConfig({ testTimeout: 60_000 });

let own: OwnStack;
let orgId: string;

beforeAll(async () => {
  own = await startOwnStack({ cron: false });
  ({ orgId } = await createUser(own.address));
});
afterAll(() => own[Symbol.asyncDispose]());

async function run(...args: string[]) {
  await using script = startScript("jobs", args, { stack: own.address });
  return await script.ended;
}

async function runJson(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await run(...args, "--json");
  if (code !== 0) throw new Error(stderr);
  expect(stdout.trimEnd()).not.toContain("\n");
  return JSON.parse(stdout);
}

/** A lane with one job, dead when a failure is given. */
async function seed(error?: { code: string; message: string }) {
  const name = `test-${crypto.randomUUID()}`;
  await own.stack.database.query("insert into private.lanes values ($1, 4)", [name]);
  const client = adminOf(own.address);
  const rpc = async <T>(call: PromiseLike<{ data: T | null; error: unknown }>): Promise<T> => {
    const { data, error } = await call;
    if (data === null) throw new Error("the call failed", { cause: error });
    return data;
  };
  const [job] = await rpc(client.rpc("enqueue_jobs", {
    p_jobs: [{ org_id: orgId, lane: name, kind: name, dedupe_key: "a" }],
  }));
  if (error) {
    const leases = await rpc(client.rpc("claim_jobs", { p_worker_id: name, p_kinds: [name] }));
    await rpc(client.rpc("fail_jobs", {
      p_refs: leases.map(({ job_id, lease_token }) => ({
        job_id,
        lease_token,
        ...error,
        is_permanent: true,
      })),
    }));
    await client.rpc("release_jobs", { p_worker_id: name });
  }
  return { lane: name, jobId: job!.job_id };
}

const stateOf = async (jobId: string) =>
  (await own.stack.database.query(
    `select 'open' as state from private.jobs where id = $1::text::bigint
     union all select outcome from private.job_history where id = $1::text::bigint`,
    [jobId],
  ))[0]!.state;

describe("npm run jobs", () => {
  test("says what it takes", async () => {
    const { code, stdout } = await run("--help");

    expect(code).toBe(0);
    for (const command of ["status", "dead", "retry", "cancel", "pause", "resume", "drain"]) {
      expect(stdout).toContain(`  ${command} `);
    }
  });

  test.each([
    [[]],
    [["nonsense"]],
    [["toString"]],
    [["status", "extra"]],
    [["status", "--nonsense"]],
    [["status", "--url", "nowhere"]],
    [["retry"]],
    [["retry", "embedding"]],
    [["cancel"]],
    [["pause"]],
    [["pause", "embedding", "--for", "soon"]],
    [["pause", "embedding", "--for", "-1"]],
    [["resume", "a", "b"]],
    [["drain", "--lane", "embedding"]],
  ])("refuses %j with status 2 and its usage", async (args) => {
    const { code, stdout, stderr } = await run(...args);

    expect(code).toBe(2);
    expect(stderr).toContain("Usage: npm run jobs");
    expect(stderr).not.toContain("    at ");
    expect(stdout).toBe("");
  });

  test("refuses to run without a key", async () => {
    await using script = startScript("jobs", ["status"], { env: { SUPABASE_SECRET_KEY: "" } });

    expect(await script.ended).toMatchObject({ code: 2, stdout: "" });
  });

  test("ends with 1 and one line when the project refuses or is away", async () => {
    const unknown = await run("pause", "nowhere");
    const away = await run("status", "--url", "http://127.0.0.1:1");

    expect(unknown).toEqual({ code: 1, stdout: "", stderr: "There is no such lane\n" });
    expect(away).toMatchObject({ code: 1, stdout: "" });
    expect(away.stderr).not.toContain("    at ");
  });

  test("shows how the queue stands", async () => {
    const { lane } = await seed();

    const { health, lanes, jobs } = await runJson("status");
    const { stdout } = await run("status");

    expect(health).toMatchObject([{ is_healthy: false }]);
    expect(lanes).toContainEqual(expect.objectContaining({ lane, max_in_flight: 4 }));
    expect(jobs).toContainEqual(expect.objectContaining({ lane, ready_count: 1 }));
    expect(stdout).toMatch(new RegExp(`${lane} +${lane} +1 `));
  });

  test("lists dead jobs and why, with nothing that moves the terminal", async () => {
    const { lane, jobId } = await seed({ code: "FILE_EMPTY", message: "red \u001b[31m\nline" });

    const { dead } = await runJson("dead", "--lane", lane, "--code", "FILE_EMPTY");
    const table = await run("dead", "--lane", lane);
    const none = await runJson("dead", "--lane", lane, "--code", "OTHER");

    expect(dead).toMatchObject([{ job_id: jobId, code: "FILE_EMPTY" }]);
    expect(table.stdout).toContain("red  [31m line ");
    expect(table.stdout).not.toContain("\u001b");
    expect(none).toEqual({ dead: [] });
  });

  test("queues dead jobs again, and cancels open ones", async () => {
    const { lane, jobId } = await seed({ code: "FILE_EMPTY", message: "empty" });

    expect(await runJson("retry", "--id", jobId, "--lane", lane)).toEqual({ retried: 1 });
    expect(await stateOf(jobId)).toBe("open");
    expect(await runJson("cancel", "--org", orgId, "--lane", lane)).toEqual({ cancelled: 1 });
    expect(await stateOf(jobId)).toBe("cancelled");
  });

  test("pauses a lane for so long, or until it is resumed", async () => {
    const { lane } = await seed();
    const pausedFor = async () =>
      (await own.stack.database.query(
        `select extract(epoch from paused_until - now())::double precision as seconds
         from private.lanes where lane = $1`,
        [lane],
      ))[0]!.seconds;

    await runJson("pause", lane, "--for", "10");
    expect(await pausedFor()).toBeCloseTo(600, -2);
    await runJson("pause", lane);
    expect(await pausedFor()).toBe(Infinity);
    await runJson("resume", lane);
    expect(await pausedFor()).toBeNull();
  });

  test("drains one worker", async () => {
    const worker = crypto.randomUUID();
    await adminOf(own.address).rpc("claim_jobs", { p_worker_id: worker, p_kinds: ["none"] });

    expect(await runJson("drain", crypto.randomUUID())).toEqual({ draining: 0 });
    expect(await runJson("drain", worker)).toEqual({ draining: 1 });
  });
});
