import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { SearchRequest } from "../../shared/knowledge/search.ts";
import { ProcessJobsRequest } from "../../shared/jobs/process-jobs.ts";
import { addDocument, adminOf, callFunction, createUser, type User } from "../support/user.ts";
import { anyBody } from "./support/any-body.ts";
import { checkAny, checkAnyMs } from "./support/check-any.ts";

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

const body = anyBody(
  [
    [],
    [["query", "x"], ["mode", "text"]],
    [["vaultDocumentId", crypto.randomUUID()]],
  ],
  fieldNames,
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
  const before = await rowsOf(user);

  const { refused } = await checkAny(request, ({ method, path, body }) => {
    const isWorker = path === "process-jobs";
    return callFunction(path, {
      ...(isWorker ? { headers: { apikey: user.stack.cronKey } } : { user }),
      stack: user.stack,
      method,
      body,
    });
  });

  expect(refused).toBeGreaterThan(50);
  expect(await rowsOf(user)).toEqual(before);
}, checkAnyMs);
