import { expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
test("boots", async () => {
  const t = performance.now();
  await using db = await createTestDatabase();
  console.log(performance.now() - t);
  expect((await db.as("service_role", (c) => c.query("select 1 as one")))[0]).toEqual({ one: 1 });
});
