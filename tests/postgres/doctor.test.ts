import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { setVaultSecrets } from "../../local/database/set-vault-secrets.ts";
import type { Check } from "../../scripts/doctor/check.ts";
import { examine } from "../../scripts/doctor/examine.ts";
import { readExpected } from "../../scripts/doctor/expected.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { startScript } from "../support/run-script.ts";
import { untilCronTicks } from "../support/until-cron-ticks.ts";

vi.setConfig({ testTimeout: 60_000 });

let own: OwnStack;
const expected = { ...await readExpected(), relations: ["projects"] };

beforeAll(async () => {
  own = await startOwnStack({ cron: true, ownDatabase: true });
  await untilCronTicks(own.stack.database);
});
afterAll(() => own[Symbol.asyncDispose]());

/** All that the doctor asks when it has nothing but the two URLs and the publishable key. */
function examineByUrl(url = own.address.url, databaseUrl = own.databaseUrl): Promise<Check[]> {
  const { publishableKey } = own.address;
  return examine({ url, publishableKey, secretKey: null, cronKey: null }, databaseUrl, expected);
}

const red = (checks: Check[]) => checks.filter(({ ok }) => ok !== true).map(({ check }) => check);

describe("the doctor over a connection", () => {
  test("asks everything, and finds nothing wrong with a stack that has just been started", async () => {
    const checks = await examineByUrl();

    expect(red(checks)).toEqual([]);
    expect(checks.find(({ check }) => check === "migrations")!.detail)
      .toBe(`${expected.migrations.length} applied`);
  });

  test("calls the worker with the key that the database would send", async () => {
    await setVaultSecrets(own.stack.database, { cron_secret_key: "sb_secret_of_yesterday" });
    const checks = await examineByUrl();
    await setVaultSecrets(own.stack.database, { cron_secret_key: own.address.cronKey });

    // Whom it does not know, it does not tell its models.
    expect(red(checks)).toEqual(["worker's key", "models"]);
    expect(JSON.stringify(checks)).not.toContain("sb_secret");
  });

  test("notices that the database calls another project", async () => {
    await setVaultSecrets(own.stack.database, { project_url: "https://other.example" });
    const checks = await examineByUrl();
    await setVaultSecrets(own.stack.database, { project_url: own.address.url });

    expect(red(checks)).toEqual(["project's URL"]);
  });

  test("names migrations that are not applied, and those of another version", async () => {
    const history = "supabase_migrations.schema_migrations";
    await own.stack.database.exec(`
      update ${history} set version = '29990101000000' where version = '20261121000100'`);
    const checks = await examineByUrl();
    await own.stack.database.exec(`
      update ${history} set version = '20261121000100' where version = '29990101000000'`);

    expect(red(checks)).toEqual(["migrations"]);
    expect(checks.find(({ check }) => check === "migrations")!.detail)
      .toBe("not applied: 20261121000100_extensions.sql, and 1 more");
  });

  test("says that there is no database, and asks the rest", async () => {
    const checks = await examineByUrl(undefined, "postgresql://postgres@127.0.0.1:1/postgres");

    expect(checks.filter(({ ok }) => ok === false).map(({ check }) => check)).toEqual(["database"]);
    expect(checks.find(({ check }) => check === "REST")!.ok).toBe(true);
  });

  test("says that a database is not migrated", async () => {
    const checks = await examineByUrl(
      undefined,
      own.databaseUrl!.replace(/\/[^/]+$/, "/template1"),
    );

    expect(checks.filter(({ ok }) => ok === false)).toMatchObject([
      { check: "database", hint: expect.stringContaining("migrations") },
    ]);
  });

  test("is a program that ends with 0 when all is well", async () => {
    await using script = startScript("doctor", ["--url", own.address.url], {
      env: {
        SUPABASE_DB_URL: own.databaseUrl!,
        SUPABASE_PUBLISHABLE_KEY: own.address.publishableKey,
        SUPABASE_SECRET_KEY: "",
      },
    });
    const { code, stdout, stderr } = await script.ended;

    expect(stderr).toBe("");
    expect(stdout).toMatch(/\d+ ok, 0 failed, 0 not asked\n$/);
    expect(stdout).not.toContain(own.address.cronKey);
    expect(code).toBe(0);
  });
});
