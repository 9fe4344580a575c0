import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { retrainUnderSearch } from "../support/retraining.ts";
import { createUser, type User } from "../support/user.ts";

vi.setConfig({ testTimeout: 580_000 });

const editions = 100;

let own: OwnStack;
let user: User;

beforeAll(async () => {
  own = await startOwnStack({
    cron: true,
    env: { JOB_TICK_SECONDS: "1" },
    ownDatabase: true,
  });
  user = await createUser(own.address);
});
afterAll(() => own?.[Symbol.asyncDispose]());

describe("a document that is retrained a hundred times under concurrent search", () => {
  test("is found in one edition at a time, and never not at all", async () => {
    const { answers, seen, wrong } = await retrainUnderSearch(user, editions);

    expect(wrong).toEqual([]);
    expect(answers).toBeGreaterThan(editions);
    expect(seen.size).toBeGreaterThan(editions / 2);
  });
});
