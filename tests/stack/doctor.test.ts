import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { listen } from "../../local/listen.ts";
import type { Check } from "../../scripts/doctor/check.ts";
import { examine } from "../../scripts/doctor/examine.ts";
import { readExpected } from "../../scripts/doctor/expected.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { startScript } from "../support/run-script.ts";
import { untilCronTicks } from "../support/until-cron-ticks.ts";

vi.setConfig({ testTimeout: 60_000 });

let own: OwnStack;
const expected = await readExpected();
/** Enough of them where the answer is scripted. */
const few = { ...expected, relations: ["pointers", "projects"] };

beforeAll(async () => {
  own = await startOwnStack({ cron: true });
  await untilCronTicks(own.stack.database);
});
afterAll(() => own[Symbol.asyncDispose]());

/** What stands between the doctor and the stack: null passes the request on. */
type Interference = (request: Request) => Response | null | Promise<Response | null>;

/** The checks, made through something that interferes. */
async function examineThrough(interfere: Interference): Promise<Check[]> {
  const { url, publishableKey, secretKey, cronKey } = own.address;
  const server = listen(0, async (request) => {
    const { pathname, search } = new URL(request.url);
    const { method, headers } = request;
    const body = request.body && await request.arrayBuffer();
    return await interfere(new Request(request.url, { method, headers, body })) ??
      await fetch(url + pathname + search, { method, headers, body });
  });
  try {
    const through = `http://127.0.0.1:${server.addr.port}`;
    const keys = { publishableKey, secretKey, cronKey };
    return await examine({ url: through, ...keys }, null, few);
  } finally {
    await server.shutdown();
  }
}

const red = (checks: Check[]) => checks.filter(({ ok }) => ok === false).map(({ check }) => check);

/** Interferes with requests whose path begins so. */
const at =
  (path: string, answer: (request: Request) => ReturnType<Interference>): Interference =>
  (request) => new URL(request.url).pathname.startsWith(path) ? answer(request) : null;

const json = (status: number, body: unknown, headers = {}) =>
  Response.json(body, { status, headers });

function run(args: string[], env: Record<string, string> = {}) {
  const none = { SUPABASE_DB_URL: "", SUPABASE_SECRET_KEY: "", SUPABASE_PUBLISHABLE_KEY: "" };
  return startScript("doctor", args, { env: { ...none, ...env } });
}

function envOf({ address }: OwnStack): Record<string, string> {
  return {
    SUPABASE_URL: address.url,
    SUPABASE_SECRET_KEY: address.secretKey,
    SUPABASE_PUBLISHABLE_KEY: address.publishableKey,
    CRON_SECRET_KEY: address.cronKey,
  };
}

describe("npm run doctor", () => {
  test("finds nothing wrong with a stack that has just been started", async () => {
    await using script = run([], envOf(own));
    const { code, stdout, stderr } = await script.ended;

    expect(stderr).toBe("");
    expect(stdout).not.toContain("FAIL");
    expect(stdout).toMatch(/^ok +policies +\d+ as migrated$/m);
    for (const name of expected.functions) expect(stdout).toContain(`function ${name} `);
    expect(stdout).toMatch(/\d+ ok, 0 failed, 2 not asked\n$/);
    expect(code).toBe(0);
  });

  test("prints one line of JSON, without a key in it", async () => {
    await using script = run(["--json"], envOf(own));
    const { code, stdout } = await script.ended;

    expect(JSON.parse(stdout)).toMatchObject({ ok: true, checks: expect.any(Array) });
    expect(stdout.trimEnd()).not.toContain("\n");
    for (const key of Object.values(envOf(own)).slice(1)) expect(stdout).not.toContain(key);
    expect(code).toBe(0);
  });

  test("ends with 1, and says what to do, when something is broken", async () => {
    await own.stack.database.exec("alter table public.projects disable row level security");
    await using script = run([], envOf(own));
    const { code, stdout } = await script.ended;
    await own.stack.database.exec("alter table public.projects enable row level security");

    expect(stdout).toMatch(/^FAIL +row-level security +changed: public.projects\n +alter table/m);
    expect(code).toBe(1);
  });

  test("looks at what it can without a key, and ends with 1 since the rest is unknown", async () => {
    await using script = run(["--json", "--url", own.address.url]);
    const { code, stdout, stderr } = await script.ended;
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] };

    expect(ok).toBe(false);
    expect(red(checks)).toEqual(["database"]);
    for (const name of expected.functions) {
      expect(checks).toContainEqual(
        expect.objectContaining({ check: `function ${name}`, ok: true }),
      );
    }
    expect(stderr).toBe("");
    expect(code).toBe(1);
  });

  test("ends with 1 when nobody answers", async () => {
    await using script = run(["--json", "--url", "http://127.0.0.1:1", "--key", "sb_secret_x"]);
    const { code, stdout, stderr } = await script.ended;

    expect(JSON.parse(stdout).ok).toBe(false);
    expect(stderr).toBe("");
    expect(code).toBe(1);
  });

  test.each([
    [["nonsense"]],
    [["--nonsense"]],
    [["--url", "nowhere", "--key", "a"]],
    [["--db", "nowhere"]],
  ])("refuses %j with status 2 and its usage", async (args) => {
    await using script = run(args);
    const { code, stdout, stderr } = await script.ended;

    expect(code).toBe(2);
    expect(stderr).toContain("Usage: npm run doctor");
    expect(stdout).toBe("");
  });

  test("says what it takes", async () => {
    await using script = run(["--help"]);

    expect(await script.ended).toMatchObject({ code: 0, stdout: expect.stringContaining("--db") });
  });
});

describe("the doctor's checks over HTTP", () => {
  test("are green through something that does not interfere", async () => {
    expect(red(await examineThrough(() => null))).toEqual([]);
  });

  test.each<[string, string, Interference, RegExp]>([
    [
      "function search",
      "a function that is not deployed",
      at("/functions/v1/search", () => json(404, { code: "NOT_FOUND" })),
      /functions deploy search/,
    ],
    [
      "function search",
      "a function that lets everybody in",
      at("/functions/v1/search", () => json(200, { matches: [] }, { "x-request-id": "a" })),
      /lets callers in/,
    ],
    [
      "function enrichment",
      "a function that does not start",
      at("/functions/v1/enrichment", () => json(503, { code: "BOOT_ERROR" })),
      /logs/,
    ],
    [
      "function training-library",
      "a function that the platform guards",
      at(
        "/functions/v1/training-library",
        () => json(401, { msg: "Missing authorization header" }),
      ),
      /verify_jwt = false/,
    ],
    [
      "function training-files",
      "a function that believes a forged token",
      at(
        "/functions/v1/training-files",
        ({ headers }) => headers.has("authorization") ? json(200, {}) : null,
      ),
      /lets callers in/,
    ],
    [
      "worker's key",
      "a worker with another key",
      at(
        "/functions/v1/process-jobs",
        ({ headers }) =>
          headers.get("apikey") === own.address.cronKey
            ? json(401, { code: "INVALID_API_KEY" }, { "x-request-id": "a" })
            : null,
      ),
      /cron_secret_key/,
    ],
    [
      "signing keys",
      "a project that signs with a shared secret",
      at("/auth/v1/.well-known/jwks.json", () => json(200, { keys: [] })),
      /ES256/,
    ],
    [
      "REST",
      "a table that anybody reads",
      at("/rest/v1/projects", () => json(200, [])),
      /grants and policies/,
    ],
    [
      "REST",
      "a table that the API does not know",
      at("/rest/v1/pointers", () => json(404, { code: "PGRST205" })),
      /db push/,
    ],
    [
      "exposed schemas",
      "the machinery exposed",
      at(
        "/rest/v1/jobs",
        ({ headers }) => headers.get("accept-profile") === "private" ? json(200, []) : null,
      ),
      /Data API/,
    ],
    [
      "Storage",
      "a bucket that anybody lists",
      at("/storage/v1/object/list/documents", () => json(200, [{ name: "a" }])),
      /anon/,
    ],
    [
      "clock",
      "a gateway of another time",
      at(
        "/auth/v1/.well-known/jwks.json",
        () => {
          const date = new Date(Date.now() + 60_000).toUTCString();
          return json(200, { keys: [{ kty: "EC" }] }, { date });
        },
      ),
      /clock/,
    ],
  ])("report in the line %s: %s", async (check, _, interfere, hint) => {
    const checks = await examineThrough(interfere);

    expect(red(checks)).toEqual([check]);
    expect(checks.find((line) => line.check === check)!.hint).toMatch(hint);
  });

  test("are left out, and said to be, where a key is missing", async () => {
    const { url, secretKey } = own.address;
    const nobody = { url, secretKey, publishableKey: null, cronKey: null };

    const checks = await examine(nobody, null, few);

    expect(red(checks)).toEqual([]);
    expect(checks.filter(({ ok }) => ok === null).map(({ check }) => check)).toEqual([
      "migrations",
      "project's URL",
      "REST",
      "Storage",
      "worker's key",
      "models",
    ]);
  });

  test("tell that there is no key to read drawings with, which is not wrong by itself", async () => {
    const problem = "PASS2_API_KEY is not set";
    const checks = await examineThrough(at(
      "/functions/v1/process-jobs/models",
      () => json(200, { embedding_model: "m", vision_model: null, vision_problem: problem }),
    ));

    expect(red(checks)).toEqual([]);
    expect(checks.find(({ check }) => check === "models")).toEqual({
      check: "models",
      ok: null,
      detail: `m embeds; drawings wait: ${problem}`,
      hint: expect.stringContaining("supabase secrets set PASS2_API_KEY"),
    });
  });

  test("tell which models are called", async () => {
    const checks = await examineThrough(() => null);

    expect(checks.find(({ check }) => check === "models")).toMatchObject({
      ok: true,
      detail: expect.stringMatching(/\S embeds, \S+ reads drawings$/),
    });
  });

  test("go on when the database cannot be asked", async () => {
    const { url, publishableKey, cronKey } = own.address;
    const mistaken = { url, publishableKey, cronKey, secretKey: publishableKey };

    const checks = await examine(mistaken, null, few);

    expect(red(checks)).toEqual(["database"]);
    expect(checks.find(({ check }) => check === "function search")!.ok).toBe(true);
  });
});
