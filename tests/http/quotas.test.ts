import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { setQuota } from "../support/set-quota.ts";
import { callFunction, createUser, type User } from "../support/user.ts";
import { expectError } from "./support/expect-error.ts";
import { rest } from "./support/rest.ts";

let user: User;
beforeEach(async () => {
  user = await createUser();
});

/** All at once, and within one minute. */
async function searchMany(count: number, mode: string) {
  const left = 60 - (Date.now() / 1000) % 60;
  if (left < 20) await new Promise((resolve) => setTimeout(resolve, left * 1000 + 100));
  return await Promise.all(
    Array.from(
      { length: count },
      () => callFunction("search", { user, body: { query: "roof", mode } }),
    ),
  );
}

describe("a quota", () => {
  beforeAll(async () => {
    // The first call of a function starts it.
    await callFunction("search", { user: await createUser(), body: { query: "x", mode: "text" } });
  });

  test.each(["text", "hybrid"])(
    "answers as many searches of mode %s as it has, and tells the others when to come back",
    async (mode) => {
      await setQuota(user, "searches_per_minute", 3);

      const answers = await searchMany(12, mode);

      expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
      const refused = answers.filter(({ status }) => status !== 200);
      for (const answer of refused) {
        expectError(answer, 429, "QUOTA_EXCEEDED");
        const seconds = Number(answer.headers.get("retry-after"));
        expect(seconds).toBeGreaterThanOrEqual(1);
        expect(seconds).toBeLessThanOrEqual(60);
        expect(answer.body.details).toMatchObject({ retry_after_seconds: seconds });
      }
    },
  );

  test("holds past the functions, with the same answer", async () => {
    await setQuota(user, "searches_per_minute", 0);
    await setQuota(user, "rows", 0);

    const search = await rest(user, "rpc/search_knowledge", {
      method: "POST",
      body: { p_org_id: user.orgId, p_query: "roof", p_mode: "text" },
    });
    const project = await rest(user, "projects", {
      method: "POST",
      body: { org_id: user.orgId, name: "Pump house" },
    });

    for (const answer of [search, project]) {
      expect(answer).toMatchObject({ status: 429, body: { code: "QUOTA_EXCEEDED" } });
    }
  });

  test("refuses an upload beyond it, and takes it when there is room", async () => {
    await setQuota(user, "objects", 0);
    const upload = () =>
      user.client.storage.from("documents")
        .upload(`${user.orgId}/${crypto.randomUUID()}/x.md`, new Blob(["x"]));

    expect((await upload()).error).toMatchObject({ statusCode: "403" });
    await setQuota(user, "objects", 1);

    expect((await upload()).error).toBeNull();
  });

  test("is not for its owner to change", async () => {
    const path = `organization_quotas?org_id=eq.${user.orgId}`;
    await setQuota(user, "rows", 1);

    for (const method of ["POST", "PATCH", "DELETE"]) {
      const { status } = await rest(user, path, {
        method,
        body: { org_id: user.orgId, name: "rows", max_count: null },
      });
      expect(status).toBe(403);
    }

    const { data } = await user.client.rpc("list_quotas", {});
    expect(data?.find(({ name }) => name === "rows")).toMatchObject({
      used_count: 0,
      max_count: 1,
    });
  });
});
