import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { AuditCheck } from "../../scripts/audit/audit-check.ts";
import { auditInstallation } from "../../scripts/audit/audit-installation.ts";
import { aCrop } from "../support/crops.ts";
import { startScript } from "../support/run-script.ts";
import { embed } from "../support/embedding-server.ts";
import { train, waitForJob } from "../support/training.ts";
import { addDocument, adminOf } from "../support/user.ts";
import { startWorkedStack, type WorkedStack } from "../support/worked-stack.ts";
import { damages } from "./support/audit-damages.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let worked: WorkedStack;

beforeAll(async () => {
  worked = await startWorkedStack();
});
afterAll(() => worked?.[Symbol.asyncDispose]());

class RollBack extends Error {}

/** Checks that found something, each with how much. */
const found = (checks: { check: string; difference_count: number }[]) =>
  checks.filter(({ difference_count }) => Number(difference_count) > 0)
    .map(({ check, difference_count }) => `${check}: ${difference_count}`);

/** What the database's checks find after `damage`, which is undone afterwards. */
async function after(damage: string): Promise<string[]> {
  let checks: AuditCheck[] = [];
  try {
    await worked.own.stack.database.transaction(async (client) => {
      // Triggers would mend some of it, and constraints refuse some.
      await client.exec(`set local session_replication_role = replica; ${damage}`);
      checks = await client.query<AuditCheck & Record<string, unknown>>(
        "select * from private.audit_installation(grace => '0')",
      );
      throw new RollBack();
    });
  } catch (error) {
    if (!(error instanceof RollBack)) throw error;
  }
  return found(checks);
}

describe("the audit", () => {
  test("finds nothing on a stack that has worked", async () => {
    const checks = await auditInstallation(adminOf(worked.own.address), {
      contents: true,
      graceMinutes: 0,
      pauseMs: 0,
    });

    expect(found(checks)).toEqual([]);
    expect(checks.every(({ hint }) => hint === null)).toBe(true);
    expect(checks.length).toBeGreaterThan(30);
  });

  test.each(damages)("notices %s", async (_, finds, statements) => {
    expect(await after(statements(worked.user.orgId))).toEqual(finds);
  });

  test("does not count what a second look no longer finds", async () => {
    const client = adminOf(worked.own.address);
    await client.from("pointers").update({ enrichment_status: "failed" })
      .eq("id", worked.cropId).throwOnError();
    const looked = auditInstallation(client, { contents: false, graceMinutes: 60, pauseMs: 3000 });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await client.from("pointers").update({ enrichment_status: "complete" })
      .eq("id", worked.cropId).throwOnError();

    expect(found(await looked)).toEqual([]);
  });

  test("counts nothing that is under way, from the request to the end", async () => {
    const id = await addDocument(worked.user, "# Under way\n\nWords.".repeat(50));
    const gate = Promise.withResolvers<void>();
    worked.own.provider.answer = async (call) => {
      await gate.promise;
      return embed(call);
    };
    const { id: jobId } = await train(worked.user, id);
    const client = adminOf(worked.own.address);
    const look = () =>
      auditInstallation(client, { contents: true, graceMinutes: 0, pauseMs: 0 }).then(found);

    const during = [await look(), await look()];
    gate.resolve();
    await waitForJob(worked.user, jobId, "completed");

    expect([...during, await look()]).toEqual([[], [], []]);
  });

  test("damages each of the database's checks somewhere", async () => {
    const checks = await worked.own.stack.database.query<{ check: string }>(
      `select "check" from private.audit_installation()`,
    );
    const damaged = new Set(
      damages.flatMap(([, finds]) => finds.map((text) => text.split(":")[0])),
    );

    expect(checks.map(({ check }) => check).filter((check) => !damaged.has(check))).toEqual([]);
  });
});

describe("npm run audit", () => {
  const run = (args: string[]) => startScript("audit", args, { stack: worked.own.address });
  const replaceObject = async (
    bucket: string,
    path: string,
    bytes: Uint8Array<ArrayBuffer>,
    contentType: string,
  ) => {
    const { error } = await adminOf(worked.own.address).storage.from(bucket).update(path, bytes, {
      contentType,
    });
    if (error) throw error;
  };
  /** The same number of bytes: their size gives nothing away. */
  const scramble = (bytes: Uint8Array<ArrayBuffer>) => bytes.map((byte) => byte ^ 1);
  const pathOf = async (bucket: string, pattern: string) => {
    const [row] = await worked.own.stack.database.query<{ name: string }>(
      "select name from storage.objects where bucket_id = $1 and name like $2 limit 1",
      [bucket, pattern],
    );
    return row!.name;
  };
  const contents: [check: string, bucket: string, pattern: string][] = [
    ["texts of documents", "documents", "%"],
    ["bytes of training files", "training-files", "%/v2/training.jsonl"],
    ["sources of training files", "conversation-files", "%"],
    ["images of crops", "pointer-crops", "%"],
  ];

  test.each(contents)("compares %s, when it is asked to", async (check, bucket, pattern) => {
    const path = bucket === "documents"
      ? `${worked.user.orgId}/${worked.documentId}/handbook.md`
      : await pathOf(bucket, pattern);
    const { storage } = adminOf(worked.own.address);
    const { data } = await storage.from(bucket).download(path);
    const whole = new Uint8Array(await data!.arrayBuffer());
    await replaceObject(bucket, path, scramble(whole), data!.type);
    await using script = run(["--contents", "--json"]);
    const { code, stdout, stderr } = await script.ended;
    await replaceObject(bucket, path, whole, data!.type);

    expect(stderr).toBe("");
    expect(code).toBe(1);
    expect(found(JSON.parse(stdout).checks)).toEqual([`${check}: 1`]);
  });

  test("prints a line for each check, and what to do about differences", async () => {
    const path = `${worked.user.orgId}/${crypto.randomUUID()}.png`;
    const { storage } = adminOf(worked.own.address);
    await storage.from("pointer-crops").upload(path, aCrop(), { contentType: "image/png" });
    await using clean = run([]);
    await using strict = run(["--grace", "0"]);
    const [quiet, loud] = await Promise.all([clean.ended, strict.ended]);
    await storage.from("pointer-crops").remove([path]);

    expect(quiet).toMatchObject({ code: 0, stderr: "" });
    expect(quiet.stdout).toMatch(/^ok +rows of pointer-crops +0$/m);
    expect(quiet.stdout).toMatch(/\d+ checks, 0 differences\n$/);
    expect(loud.code).toBe(1);
    expect(loud.stdout).toContain(`${path}: no row names this object`);
    expect(loud.stdout).toContain("delete the object through the Storage API");
  });

  test("refuses what it does not understand, and says when nobody answers", async () => {
    await using odd = run(["--grace", "soon"]);
    await using alone = run(["--url", "http://127.0.0.1:9"]);

    expect(await odd.ended).toMatchObject({ code: 2 });
    expect(await alone.ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("The audit could not be made"),
    });
  });
});
