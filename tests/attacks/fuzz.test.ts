import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectErrorForm } from "../http/support/expect-error.ts";
import { addConversation } from "../support/conversations.ts";
import { createFile } from "../support/training-files.ts";
import { addDocument, createUser, type User } from "../support/user.ts";
import { anyRequest, type FuzzRequest } from "./fuzz/any-request.ts";
import { isExcluded } from "./fuzz/excluded.ts";
import { watchMemory } from "./fuzz/memory-watch.ts";
import { makeRightRequests } from "./fuzz/right-requests.ts";
import { type FuzzAnswer, sendRequest } from "./fuzz/send.ts";
import { routes } from "./sweep/routes.ts";
import { createWorld, type World } from "./sweep/world.ts";

const env = (name: string) => Deno.env.get(name);
const seed = Number(env("FUZZ_SEED") ?? Date.now() % 2 ** 31);
const seconds = Number(env("FUZZ_SECONDS") ?? 20);
/** What no answer takes longer than. */
const limitMs = 10_000;
/** What the functions may grow by, in MB, from the middle of the run to its end. */
const growth = 48;
const functionNames = [...new Set(Object.keys(routes).map((route) => route.split("/")[1]!))];
/** What fits into the buffers of a connection, in bytes: beyond it a refusal may be lost. */
const buffered = 60_000;
/** In what belongs to somebody whom nobody else may see. */
const secret = `secret-${crypto.randomUUID()}`;

let world: World;
let bystander: User;
let requests: fc.Arbitrary<FuzzRequest>;

beforeAll(async () => {
  // A worker that is waited for is to stop in time.
  world = await createWorld({ JOB_TIME_BUDGET_MS: "2000" });
  bystander = await createUser(world.own.address);
  const documentId = await addDocument(bystander, `# ${secret}`, { title: secret });
  const conversation = await addConversation(bystander, { words: secret });
  const file = await createFile(bystander, [conversation], { name: secret });
  const theirs = [bystander.orgId, bystander.id, documentId, conversation, file.id];
  const { documentId: document, conversationIds, fileId, projectId, pageId, pointerId } = world;
  const ids = [...theirs, document, ...conversationIds, fileId, projectId, pageId, pointerId];
  requests = anyRequest(await makeRightRequests(world), ids);
}, 120_000);
afterAll(() => world?.[Symbol.asyncDispose]());

/** All that belongs to the bystander. */
async function rowsOfBystander(): Promise<unknown> {
  const tables = await world.look<{ name: string }>(
    `select class.relname as name
     from pg_catalog.pg_class as class
     join pg_catalog.pg_attribute as attribute
       on attribute.attrelid = class.oid and attribute.attname = 'org_id'
     where class.relnamespace = 'public'::regnamespace and class.relkind in ('r', 'p')
     order by class.relname`,
  );
  const rows: unknown[] = [];
  for (const { name } of tables) {
    rows.push([
      name,
      await world.look(
        `select to_jsonb(one)::text as content from public.${name} as one
         where org_id = $1 order by 1`,
        [bystander.orgId],
      ),
    ]);
  }
  return rows;
}

function check(request: FuzzRequest, answer: FuzzAnswer): void {
  const told = `${answer.status} ${answer.text.slice(0, 500)}`;
  if (answer.status >= 500) expect(isExcluded(request, answer), told).toBe(true);
  expect(answer.text).not.toContain(secret);
  const isFunction = /^\/functions\/v1\/[a-z]/.test(request.target);
  if (!isFunction || answer.status < 400) return;
  expectErrorForm({ ...answer, body: JSON.parse(answer.text) });
}

/** A line that says all of a request. */
function lineOf({ body, ...request }: FuzzRequest): string {
  const text = body && new TextDecoder().decode(body);
  return JSON.stringify({ ...request, body: text && text.slice(0, 2000) });
}

test("no request makes anything fail, hang, leak or grow", async () => {
  console.log(`FUZZ_SEED=${seed}`);
  const before = await rowsOfBystander();
  const counts: Record<string, number> = {};
  const memory = await watchMemory(world.own.stack.functions, functionNames);

  const property = fc.asyncProperty(requests, async (request) => {
    const answer = await sendRequest(
      world.own.stack.url,
      request,
      world.people[request.person],
      limitMs,
    );
    const kind = answer === null ? "unanswered" : `${Math.floor(answer.status / 100)}xx`;
    counts[kind] = (counts[kind] ?? 0) + 1;
    if (answer) check(request, answer);
    else if ((request.body?.length ?? 0) < buffered) expect(request.transfer).toBe("cut");
  });
  const details = await fc.check(property, {
    seed,
    path: env("FUZZ_PATH"),
    numRuns: 10_000_000,
    interruptAfterTimeLimit: seconds * 1000,
    markInterruptAsFailure: false,
  });

  const grown = await memory.stop();
  console.log(`${JSON.stringify(counts)}\n${JSON.stringify(grown)}`);
  const [counterexample] = details.counterexample ?? [];
  expect(
    details.failed,
    counterexample &&
      `${details.errorInstance}\n--seed ${seed} --path ${details.counterexamplePath}\n${
        lineOf(counterexample)
      }\n${fc.defaultReportMessage(details)}`,
  ).toBe(false);
  expect(counts["2xx"]).toBeGreaterThan(5);
  expect(counts["4xx"]).toBeGreaterThan(50);
  expect(await rowsOfBystander()).toEqual(before);
  for (const { name, middle, end } of grown) expect(end, name).toBeLessThan(middle + growth);
}, (seconds + 60) * 1000);
