import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const lints = await Deno.readTextFile(new URL("./support/advisor-lints.sql", import.meta.url));

/** Definer functions that users may call, each with its reason: the table in docs/security.md. */
const [section = ""] = /^## Definer functions$[^]*?(?=^## )/m.exec(
  await Deno.readTextFile("docs/security.md"),
) ?? [];
const allowed = [...section.matchAll(/^\| `(private\.\w+)` \| \S/gm)].map((match) => match[1]!);

interface Finding extends Record<string, unknown> {
  lint: string;
  object: string;
}

const definer = "0029 definer function that users may call";

class RollBack extends Error {}

/** What is found after `offender`, which is gone again afterwards. */
async function found(offender = ""): Promise<Finding[]> {
  let findings: Finding[] = [];
  try {
    await db.transaction(async (client) => {
      await client.exec(offender);
      findings = await client.query<Finding>(lints);
      throw new RollBack();
    });
  } catch (error) {
    if (!(error instanceof RollBack)) throw error;
  }
  return findings;
}

describe("the advisor's lints 0025 to 0029", () => {
  test("find nothing but definer functions that docs/security.md gives a reason for", async () => {
    const findings = await found();

    expect(findings.filter(({ lint }) => lint !== definer)).toEqual([]);
    expect(findings.map(({ object }) => object).filter((name) => !allowed.includes(name))).toEqual(
      [],
    );
  });

  test("find each function that docs/security.md names", async () => {
    const names = new Set((await found()).map(({ object }) => object));

    expect(allowed.filter((name) => !names.has(name))).toEqual([]);
    expect(allowed.length).toBeGreaterThan(10);
  });

  test.each<[string, string, string]>([
    [
      "0025 public bucket that can be listed",
      "open",
      `insert into storage.buckets (id, name, public) values ('open', 'open', true);
       create policy list_open on storage.objects for select to authenticated
       using (bucket_id = 'open')`,
    ],
    [
      "0025 public bucket that can be listed",
      "open",
      `insert into storage.buckets (id, name, public) values ('open', 'open', true);
       create policy list_all on storage.objects for select to anon using (true)`,
    ],
    [
      "0026 relation that anon sees",
      "public.projects",
      "grant select (id) on public.projects to anon",
    ],
    [
      "0027 relation that users see and cannot read",
      "private.lanes",
      "grant select on private.lanes to authenticated",
    ],
    [
      "0028 definer function that anon may call",
      "private.tick_jobs",
      "grant execute on function private.tick_jobs(interval) to public",
    ],
    [
      definer,
      "private.assert_org_role",
      "grant execute on function private.assert_org_role(uuid, text) to authenticated",
    ],
  ])("report %s: %s", async (lint, object, offender) => {
    const before = await found();

    expect(before).not.toContainEqual({ lint, object });
    expect(await found(offender)).toContainEqual({ lint, object });
  });
});
