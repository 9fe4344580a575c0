import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast } from "../database/support/cast.ts";
import { type ApiFunction, callApiFunction, listApiFunctions } from "./support/api-functions.ts";
import { type Odd, oddValuesFor } from "./support/odd-values.ts";
import { type Arguments, prepareArguments } from "./support/right-arguments.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
const argumentsFor = await prepareArguments(db, cast);
const functions = await listApiFunctions(db);

const call = (one: ApiFunction, given: Arguments) => callApiFunction(db, cast.owner, one, given);

/** What a function lets out of PostgreSQL's own errors when one argument after the other is odd. */
async function rawErrorsOf(one: ApiFunction): Promise<string[]> {
  const right = argumentsFor(one.name);
  const found: string[] = [];
  for (const { name, type } of one.parameters) {
    for (const odd of oddValuesFor(type, right[name] ?? null)) {
      const state = await call(one, { ...right, [name]: odd });
      if (state !== null && state !== "PGRST" && state !== "22023") {
        found.push(`${state} for ${name} ${shorten(odd)}`);
      }
    }
  }
  return found;
}

function shorten(odd: Odd): string {
  return odd === null ? "null" : odd.slice(0, 100);
}

describe("a function of the API", () => {
  test.each(functions)("$name, asked by $role, answers with a code of ours", async (one) => {
    expect(await rawErrorsOf(one)).toEqual([]);
  });

  test("is seen to let an error of PostgreSQL out", async () => {
    await db.exec(`
      create function public.get_number(p_text text) returns integer
      language sql immutable set search_path = '' as $$ select p_text::integer $$;
      grant execute on function public.get_number(text) to service_role
    `);
    const planted: ApiFunction = {
      name: "get_number",
      role: "service_role",
      parameters: [{ name: "p_text", type: "text" }],
    };

    const found = await rawErrorsOf(planted);

    expect(found).toContain("22P02 for p_text NaN");
  });

  test("does its work with right arguments, but for those that need a guest or a failure", async () => {
    const refused = new Set<string>();
    for (const one of functions) {
      if (await call(one, argumentsFor(one.name)) !== null) refused.add(one.name);
    }

    expect([...refused]).toEqual([
      "accept_invitation",
      "cancel_training_file_build",
      "leave_organization",
      "retry_training_job",
      "revoke_invitation",
    ]);
  });
});
