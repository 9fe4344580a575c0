import { describe, expect, test } from "vitest";
import { cronKeyEnv } from "../../../shared/jobs/cron-key-env.ts";
import { WorkerEnv } from "../../../shared/jobs/process-jobs.ts";
import { parseEnv } from "../../../shared/parse-env.ts";

describe("the worker's environment", () => {
  test("has defaults for what is not set or set to nothing", () => {
    const environment = { JOB_TIME_BUDGET_MS: "", HOME: "/root" };

    expect(parseEnv(WorkerEnv, environment))
      .toEqual({ JOB_TIME_BUDGET_MS: 100_000, JOB_LEASE_SECONDS: 45 });
  });

  test.each([
    ["JOB_TIME_BUDGET_MS", "99"],
    ["JOB_TIME_BUDGET_MS", "400001"],
    ["JOB_TIME_BUDGET_MS", "1e9"],
    ["JOB_TIME_BUDGET_MS", "100 ms"],
    ["JOB_LEASE_SECONDS", "0"],
    ["JOB_LEASE_SECONDS", "1.5"],
    ["JOB_LEASE_SECONDS", "soon"],
    ["EMBEDDING_MAX_CONCURRENT", "0"],
    ["PASS2_MAX_CONCURRENT", "0"],
    ["PASS2_MAX_CONCURRENT", "three"],
  ])("is refused with %s=%s, by that name", (name, value) => {
    expect(() => parseEnv(WorkerEnv, { [name]: value })).toThrow(name);
  });
});

describe("cronKeyEnv", () => {
  const hosted = JSON.stringify({ default: "d", cron: "c" });
  const local = JSON.stringify({ default: "d" });

  test.each([
    ["the platform gives the key", { SUPABASE_SECRET_KEYS: hosted, CRON_SECRET_KEY: "other" }],
    ["there is no key at all", { SUPABASE_SECRET_KEYS: local }],
    ["its variable is empty", { SUPABASE_SECRET_KEYS: local, CRON_SECRET_KEY: "" }],
    ["nothing is set", {}],
  ])("leaves the library its own keys when %s", (_, environment: Record<string, string>) => {
    expect(cronKeyEnv(environment)).toEqual({});
  });

  test("adds the key to those that the platform gives", () => {
    expect(cronKeyEnv({ SUPABASE_SECRET_KEYS: local, CRON_SECRET_KEY: "c" }))
      .toEqual({ secretKeys: { default: "d", cron: "c" } });
    expect(cronKeyEnv({ CRON_SECRET_KEY: "c" })).toEqual({ secretKeys: { cron: "c" } });
  });
});
