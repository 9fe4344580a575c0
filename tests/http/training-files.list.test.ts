import { beforeAll, describe, expect, test } from "vitest";
import { addConversation } from "../support/conversations.ts";
import { callFiles, createFile, type TrainingFile } from "../support/training-files.ts";
import { createUser, type User } from "../support/user.ts";
import { expectError } from "./support/expect-error.ts";

describe("GET /training-files", () => {
  let user: User;
  const byScore = new Map<number, TrainingFile>();

  const list = async (query: Record<string, string>) => {
    const { status, body, text } = await callFiles(user, `?${new URLSearchParams(query)}`);
    expect(status, text).toBe(200);
    return {
      names: (body.files as TrainingFile[]).map(({ name }) => name),
      next: body.next_cursor as string | null,
    };
  };

  beforeAll(async () => {
    user = await createUser();
    for (const score of [2, 3, 4, 5]) {
      const conversation = await addConversation(user, { score });
      byScore.set(score, await createFile(user, [conversation], { name: `100%_${score} files` }));
    }
  });

  test("filters by quality, both ends included", async () => {
    const { names } = await list({ min_quality: "3", max_quality: "4" });

    expect(names).toEqual(["100%_4 files", "100%_3 files"]);
  });

  test("searches in names, where % and _ mean themselves", async () => {
    const found = await list({ q: "%_4 FILES" });
    const none = await list({ q: "1_0" });

    expect([found.names, none.names]).toEqual([["100%_4 files"], []]);
  });

  test("filters by status", async () => {
    const { id } = await createFile(user, [await addConversation(user)], { name: "Put away" });
    await callFiles(user, `/${id}`, { method: "PATCH", body: { status: "archived" } });

    const { names } = await list({ status: "archived" });

    expect(names).toEqual(["Put away"]);
  });

  test("goes through all files, page by page, each once", async () => {
    const pages: string[][] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page = await list({ limit: "3", ...(cursor && { cursor }) });
      pages.push(page.names);
      cursor = page.next;
    }

    expect(pages).toEqual([
      ["100%_5 files", "100%_4 files", "100%_3 files"],
      ["100%_2 files"],
    ]);
  });

  test.each([
    "status=deleted",
    "limit=0",
    "limit=201",
    "min_quality=ten",
    "cursor=x",
    "q=%00",
    "page=2",
  ])(
    "refuses %s",
    async (query) => {
      expectError(await callFiles(user, `?${query}`), 400, "INVALID_REQUEST");
    },
  );
});
