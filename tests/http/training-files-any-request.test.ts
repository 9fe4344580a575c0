import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { CreateTrainingFileRequest } from "../../shared/training-files/requests/create-training-file.ts";
import { DownloadQuery } from "../../shared/training-files/requests/download.ts";
import { ListTrainingFilesQuery } from "../../shared/training-files/requests/list-training-files.ts";
import { UpdateTrainingFileRequest } from "../../shared/training-files/requests/manage-training-file.ts";
import { PreviewRequest } from "../../shared/training-files/requests/preview.ts";
import { addConversation } from "../support/conversations.ts";
import { callFiles, createFile } from "../support/training-files.ts";
import { createUser, type User } from "../support/user.ts";
import { anyBody } from "./support/any-body.ts";
import { checkAny, checkAnyMs } from "./support/check-any.ts";

let user: User;
/** Ids that are right: of two conversations, one of them in the file. */
let ready: { inFile: string; other: string; file: string };

beforeAll(async () => {
  user = await createUser();
  const [inFile, other] = [await addConversation(user), await addConversation(user)];
  const { id } = await createFile(user, [inFile]);
  ready = { inFile, other, file: id };
});

/** Stand for the ids of `ready`, which the requests are made before. */
const placeholders = { inFile: "$in-file", other: "$other", file: "$file" };
const fill = (text: string) =>
  text.replaceAll(placeholders.inFile, ready.inFile).replaceAll(placeholders.other, ready.other)
    .replaceAll(placeholders.file, ready.file);

const body = anyBody(
  [
    [],
    [["name", "x"], ["conversation_ids", [placeholders.inFile, placeholders.other]]],
    [["name", "x"], ["conversation_ids", [crypto.randomUUID()]]],
    [["conversation_ids", [placeholders.other]]],
    [["conversation_ids", [placeholders.inFile]], ["formats", ["openai", "alpaca", "json"]]],
    [["status", "archived"]],
    [["description", null], ["stale_policy", "rebuild"]],
  ],
  [
    ...Object.keys(CreateTrainingFileRequest.shape),
    ...Object.keys(PreviewRequest.shape),
    ...Object.keys(UpdateTrainingFileRequest.shape),
    "__proto__",
    "org_id",
    "",
  ],
);

const segment = fc.oneof(
  { weight: 4, arbitrary: fc.constant(placeholders.file) },
  { weight: 1, arbitrary: fc.uuid() },
  {
    weight: 1,
    arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 20 })
      .map((text) => encodeURIComponent(text.toWellFormed())),
  },
);
const version = fc.oneof(fc.constantFrom("1", "2", "0", "-1", "999999999", "1e3"), segment);
const query = fc.array(
  fc.tuple(
    fc.constantFrom(
      ...Object.keys(DownloadQuery.shape),
      ...Object.keys(ListTrainingFilesQuery.shape),
      "__proto__",
    ),
    fc.oneof(
      fc.constantFrom("openai", "alpaca", "json", "jsonl", "llamafactory", "axolotl", "card"),
      fc.constantFrom("pair", "last", "train", "10", "101", "active", "true", "%", "_", "\\"),
      fc.string({ unit: "binary", maxLength: 20 }),
      fc.uuid(),
      fc.integer().map(String),
    ),
  ),
  { maxLength: 4 },
).map((pairs) => new URLSearchParams(pairs).toString());
const key = fc.option(
  fc.oneof(fc.uuid(), fc.constantFrom("a", "", " ", "é", "x".repeat(256), "a,b")),
  { nil: undefined },
);

const got = (path: fc.Arbitrary<string>) => fc.tuple(fc.constant("GET"), path);
const request = fc.record({
  target: fc.oneof(
    got(fc.constant("")),
    got(segment.map((id) => `/${id}`)),
    got(
      fc.tuple(
        segment,
        fc.constantFrom("conversations", "versions", "download", "analytics", "build"),
      ).map(([id, rest]) => `/${id}/${rest}`),
    ),
    got(
      fc.tuple(segment, version, fc.constantFrom("report", "manifest"))
        .map(([id, number, rest]) => `/${id}/versions/${number}/${rest}`),
    ),
    got(
      fc.tuple(segment, version, version)
        .map(([id, a, b]) => `/${id}/versions/${a}/diff/${b}`),
    ),
    fc.tuple(fc.constant("POST"), fc.constantFrom("", "/preview")),
    fc.tuple(
      fc.constant("POST"),
      fc.tuple(
        segment,
        fc.constantFrom("add-conversations", "remove-conversations", "build/cancel"),
      ).map(([id, rest]) => `/${id}/${rest}`),
    ),
    fc.tuple(fc.constant("PATCH"), segment.map((id) => `/${id}`)),
    // Of a right file it would take away what the others are tried on.
    fc.tuple(
      fc.constant("DELETE"),
      segment.filter((id) => id !== placeholders.file).map((id) => `/${id}`),
    ),
  ),
  query: fc.oneof({ weight: 2, arbitrary: query }, { weight: 1, arbitrary: fc.constant("") }),
  body,
  key,
});

test("no request makes training-files fail or leak", async () => {
  const { refused, done } = await checkAny(
    request,
    ({ target: [method, path], query, body, key }) =>
      callFiles(user, fill(query ? `${path}?${query}` : path), {
        method,
        ...(method !== "GET" && method !== "DELETE" &&
          { body: typeof body === "string" ? fill(body) : body }),
        headers: key === undefined ? {} : { "idempotency-key": key },
      }),
  );

  expect(refused).toBeGreaterThan(50);
  expect(done).toBeGreaterThan(5);
}, checkAnyMs);
