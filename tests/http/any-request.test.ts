import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { SearchRequest } from "../../shared/knowledge/search.ts";
import { ProcessJobsRequest } from "../../shared/jobs/process-jobs.ts";
import { addDocument, adminOf, callFunction, createUser, type User } from "../support/user.ts";
import { expectErrorForm } from "./support/expect-error.ts";

// FUZZ_SEED repeats a run, FUZZ_SECONDS makes a longer one.
const seed = Number(Deno.env.get("FUZZ_SEED") ?? Date.now() % 2 ** 31);
const seconds = Number(Deno.env.get("FUZZ_SECONDS") ?? 8);

let user: User;

beforeAll(async () => {
  user = await createUser();
  await addDocument(user, "One passage.");
});

const fieldNames = [
  ...Object.keys(SearchRequest.shape),
  ...Object.keys(ProcessJobsRequest.shape),
  "vaultDocumentId",
  "trigger",
  "__proto__",
  "constructor",
  "toString",
  "org_id",
  "",
];

/** Values that are nearly right, values of every other kind, and text of every sort. */
const fieldValue = fc.oneof(
  fc.constantFrom<unknown>("hybrid", "text", "manual", ["chunk"], 8, 0.5, true, {}, [], "x"),
  fc.uuid(),
  fc.constantFrom<unknown>(null, -1, 0, 1e9, 1.5, 2 ** 53, -0, "", " ", "\0", "\ud800", "\u202e"),
  fc.string({ unit: "binary", maxLength: 50 }),
  fc.string({ minLength: 1900, maxLength: 2100 }),
  fc.array(fc.oneof(fc.uuid(), fc.string(), fc.constant(null)), { maxLength: 120 }),
  fc.jsonValue({ maxDepth: 4 }),
);
const fields = fc.uniqueArray(fc.tuple(fc.constantFrom(...fieldNames), fieldValue), {
  selector: ([name]) => name,
  maxLength: 8,
});
/** A right request, or nothing, to add the fields to; the last of two equal keys counts. */
const base = fc.constantFrom(
  [],
  [["query", "x"], ["mode", "text"]],
  [["vaultDocumentId", crypto.randomUUID()]],
);
const jsonText = fc.tuple(base, fields).map(([right, more]) =>
  `{${[...right, ...more].map((entry) => entry.map((part) => JSON.stringify(part)).join(":"))}}`
);
/** The text with a piece cut out and another put in, so that most of it is no JSON. */
const brokenText = fc.tuple(jsonText, fc.nat(), fc.nat(8), fc.string({ maxLength: 8 })).map(
  ([text, at, length, piece]) => {
    const start = at % (text.length + 1);
    return text.slice(0, start) + piece + text.slice(start + length);
  },
);
const body = fc.oneof(
  { weight: 4, arbitrary: jsonText },
  { weight: 2, arbitrary: brokenText },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  { weight: 1, arbitrary: fc.json() },
);
const id = fc.oneof(fc.uuid(), fc.string({ maxLength: 20 }));
const query = fc.array(
  fc.tuple(
    fc.constantFrom("orgId", "limit", "cursor", "status", "vaultDocumentId", "x", "__proto__"),
    fc.oneof(fc.string({ unit: "binary" }), fc.uuid(), fc.integer().map(String)),
  ),
  { maxLength: 3 },
).map((pairs) => new URLSearchParams(pairs).toString());

const request = fc.oneof(
  fc.record({ method: fc.constant("POST"), path: fc.constant("search"), body }),
  fc.record({
    method: fc.constant("POST"),
    path: fc.constant("training-library/train-for-doc"),
    body,
  }),
  fc.record({
    method: fc.constant("POST"),
    path: fc.constant("process-jobs"),
    // A right one would set a worker going for every run.
    body: body.filter((text) => !isRight(text)),
  }),
  fc.record({
    method: fc.constant("GET"),
    path: query.map((text) => `training-library/jobs?${text}`),
    body: fc.constant(undefined),
  }),
  fc.record({
    method: fc.constant("POST"),
    path: fc.tuple(id, fc.constantFrom("retry", "cancel"), query).map(
      ([text, action, rest]) =>
        `training-library/jobs/${encodeURIComponent(text.toWellFormed())}/${action}?${rest}`,
    ),
    body: fc.constant(undefined),
  }),
);

function isRight(text: string | Uint8Array): boolean {
  try {
    const value = typeof text === "string" ? text : new TextDecoder().decode(text);
    return ProcessJobsRequest.safeParse(JSON.parse(value)).success;
  } catch {
    return false;
  }
}

async function rowsOf({ stack, orgId }: User): Promise<unknown> {
  const admin = adminOf(stack);
  return [
    (await admin.from("mono_training_jobs").select("*").eq("org_id", orgId)).data,
    (await admin.from("mono_training_sets").select("*").eq("org_id", orgId)).data,
    (await admin.from("vault_documents").select("*").eq("org_id", orgId)).data,
  ];
}

test("no request makes a function fail, leak or write", async () => {
  console.log(`FUZZ_SEED=${seed}`);
  const before = await rowsOf(user);
  let refused = 0;

  const run = fc.check(
    fc.asyncProperty(request, async ({ method, path, body }) => {
      const isWorker = path === "process-jobs";
      const answer = await callFunction(path, {
        ...(isWorker ? { headers: { apikey: user.stack.cronKey } } : { user }),
        stack: user.stack,
        method,
        body,
      });

      expect(answer.status).toBeLessThan(500);
      if (answer.status < 400) return;
      refused++;
      expectErrorForm(answer);
    }),
    {
      seed,
      numRuns: 1_000_000,
      interruptAfterTimeLimit: seconds * 1000,
      markInterruptAsFailure: false,
    },
  );
  const details = await run;

  expect(details.failed, fc.defaultReportMessage(details) ?? "").toBe(false);
  expect(refused).toBeGreaterThan(50);
  expect(await rowsOf(user)).toEqual(before);
}, (seconds + 20) * 1000);
