import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pathToFileURL } from "node:url";
import { type Functions, superviseFunctions } from "../../local/functions/supervise-functions.ts";
import { until } from "../support/until.ts";

vi.setConfig({ testTimeout: 60_000 });

let folder: URL;
let functions: Functions;

beforeEach(async () => {
  const path = await Deno.makeTempDir({ prefix: "maestro-test-" });
  folder = pathToFileURL(`${path}/`);
  await Deno.mkdir(new URL("functions/greet", folder), { recursive: true });
  await Deno.mkdir(new URL("functions/_notes", folder));
  await Deno.mkdir(new URL("shared", folder));
  await Deno.writeTextFile(new URL("functions/greet/deno.json", folder), "{}");
  await write("shared/word.ts", 'export const word = "hello";');
  await write(
    "functions/greet/index.ts",
    `import { word } from "../../shared/word.ts";
    console.log("loaded");
    export default {
      async fetch(request) {
        const { pathname, search } = new URL(request.url);
        if (pathname.endsWith("/die")) Deno.exit(3);
        return Response.json({
          word,
          name: Deno.env.get("NAME") ?? null,
          path: pathname + search,
          method: request.method,
          header: request.headers.get("x-test"),
          body: await request.text(),
        }, { status: 201, headers: { "x-answer": "yes" } });
      },
    };`,
  );
  functions = await superviseFunctions({ NAME: "Ada" }, {
    functions: new URL("functions/", folder),
    watched: [folder],
  });
});
afterEach(async () => {
  await functions.stop();
  await Deno.remove(folder, { recursive: true });
});

async function write(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(new URL(path, folder), text);
}

function call(path: string, init?: RequestInit): Promise<Response> {
  return functions.fetch(new Request(`http://127.0.0.1/functions/v1/${path}`, init));
}

describe("a function", () => {
  test("gets the request as it was sent, and its answer comes back as it is", async () => {
    const answer = await call("greet/a%20b?c=d&c=e", {
      method: "PUT",
      body: "ü",
      headers: { "x-test": "1" },
    });

    expect(answer.status).toBe(201);
    expect(answer.headers.get("x-answer")).toBe("yes");
    expect(await answer.json()).toEqual({
      word: "hello",
      name: "Ada",
      path: "/greet/a%20b?c=d&c=e",
      method: "PUT",
      header: "1",
      body: "ü",
    });
  });

  test("is started again for the next request when its process has ended", async () => {
    const pid = await functions.pid("greet");

    const dying = await call("greet/die");
    const { word } = await until("an answer", async () => {
      const answer = await call("greet");
      return answer.ok && await answer.json();
    });

    expect(dying.status).toBe(500);
    expect(await dying.json()).toMatchObject({ code: "INTERNAL_ERROR", details: null });
    expect(dying.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(word).toBe("hello");
    expect(await functions.pid("greet")).not.toBe(pid);
  });

  test("answers with its new code when a file that it imports changes", async () => {
    await write("shared/word.ts", 'export const word = "good-bye";');

    const answer = await until("the new code", async () => {
      const { word } = await (await call("greet")).json();
      return word === "good-bye" && word;
    });

    expect(answer).toBe("good-bye");
  });

  test("comes back when code that does not start is put right", async () => {
    await write("shared/word.ts", "export const word = ;");
    await until("the broken code", async () => (await call("greet")).status === 500);

    await write("shared/word.ts", 'export const word = "better";');

    const answer = await until("the new code", async () => {
      const answer = await call("greet");
      return answer.ok && await answer.json();
    });
    expect(answer.word).toBe("better");
  });

  test("answers every request that is under way while it is replaced", async () => {
    const statuses: number[] = [];
    let isOver = false;
    const calling = (async () => {
      while (!isOver) {
        const answer = await call("greet", { method: "POST", body: "x".repeat(1000) });
        await answer.body?.cancel();
        statuses.push(answer.status);
      }
    })();

    await write("shared/word.ts", 'export const word = "new";');
    await until("the new code", async () => (await (await call("greet")).json()).word === "new");
    isOver = true;
    await calling;

    expect(new Set(statuses)).toEqual(new Set([201]));
  });
});

describe("a folder", () => {
  test.each(["_notes", "nothing", ""])("that is no function gets 404: %s", async (name) => {
    const answer = await call(name);

    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: "NOT_FOUND" });
  });
});
