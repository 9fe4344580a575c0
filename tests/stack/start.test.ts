import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { callFunction, createUser } from "../support/user.ts";
import {
  descendantsOf,
  type StackProcess,
  startProcess,
  untilGone,
} from "./support/stack-process.ts";

vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let stack: StackProcess;

beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "maestro-test-" });
  stack = startProcess(["--port", "0", "--data", `${folder}/data`, "--json"]);
  await stack.ready;
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

/** Runs the program to its end. */
async function run(...args: string[]) {
  await using program = startProcess(args);
  return await program.ended;
}

describe("npm start", () => {
  test("says what it takes", async () => {
    const { code, stdout } = await run("--help");

    expect(code).toBe(0);
    for (const option of ["--port", "--data", "--memory", "--db", "--json", "--no-cron"]) {
      expect(stdout).toContain(option);
    }
  });

  test.each([
    [["--port", "http"]],
    [["--port", "70000"]],
    [["--port", "-1"]],
    [["--port"]],
    [["--nonsense"]],
    [["extra"]],
    [["--memory", "--data", "x"]],
  ])("refuses %j with status 2 and its usage", async (args) => {
    const { code, stdout, stderr } = await run(...args);

    expect(code).toBe(2);
    expect(stderr).toContain("Usage: npm start");
    expect(stderr).not.toContain("    at ");
    expect(stdout).toBe("");
  });

  test("prints one line of JSON when it is ready", async () => {
    const { line } = await stack.ready;

    expect(line).toEqual({
      event: "ready",
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      publishable_key: expect.stringMatching(/^sb_publishable_\w+$/),
      secret_key: expect.stringMatching(/^sb_secret_\w+$/),
      cron_key: expect.stringMatching(/^sb_secret_\w+$/),
      db: "pglite",
      data: `${folder}/data`,
    });
    expect(line.cron_key).not.toBe(line.secret_key);
  });

  test("serves auth, REST and functions at that address", async () => {
    const { address } = await stack.ready;
    const user = await createUser(address);

    const answer = await callFunction("training-library/jobs", { user, method: "GET" });

    expect(answer.body).toEqual({ jobs: [], next_cursor: null });
  });

  test("refuses a folder that another stack has", async () => {
    const { code, stdout, stderr } = await run("--port", "0", "--data", `${folder}/data`, "--json");

    expect(code).toBe(1);
    expect(stderr).toMatch(/another stack is running on .+data.*choose another --data/);
    expect(stderr).not.toContain("    at ");
    expect(stdout).toBe("");
  });

  test("refuses a port that another program has", async () => {
    const { address } = await stack.ready;
    const { port } = new URL(address.url);

    const { code, stdout, stderr } = await run("--port", port, "--memory", "--json");

    expect(code).toBe(1);
    expect(stderr).toContain(`port ${port} is taken`);
    expect(stderr).not.toContain("    at ");
    expect(stdout).toBe("");
  });

  test("refuses a server that is not there", async () => {
    const { code, stderr } = await run(
      ...["--port", "0", "--data", `${folder}/other`, "--db", "postgres://127.0.0.1:1/x", "--json"],
    );

    expect(code).toBe(1);
    expect(stderr).toMatch(/\[start\] .*ECONNREFUSED/);
  });

  // The last one of this file: it ends the stack.
  test("stops on SIGTERM within five seconds, cleanly and with all its processes", async () => {
    const children = await descendantsOf(stack.pid);

    const { code, seconds, stdout } = await stack.end("SIGTERM");

    expect(code).toBe(0);
    expect(seconds).toBeLessThan(5);
    expect(stdout.trim().split("\n")).toHaveLength(1);
    expect(children.length).toBeGreaterThanOrEqual(4);
    await untilGone(children, 1);
  });
});
