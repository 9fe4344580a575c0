import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createClient } from "@supabase/supabase-js";
import type { Database } from "../../shared/database.types.ts";
import { trainToEnd } from "../support/training.ts";
import { addDocument, callFunction, createUser, type User } from "../support/user.ts";
import {
  descendantsOf,
  type StackProcess,
  startProcess,
  untilGone,
} from "./support/stack-process.ts";

vi.setConfig({ testTimeout: 60_000 });

const password = "correct horse battery";
const text = "# Leave\n\nEverybody has thirty days of holiday.\n";
let folder: string;
let stack: StackProcess;
let user: User;
let documentId: string;

beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "maestro-test-" });
  stack = startProcess(["--port", "0", "--data", folder, "--json"]);
  const { address } = await stack.ready;
  user = await createUser(address);
  documentId = await addDocument(user, text);
  await trainToEnd(user, documentId);
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

function startAgain(): StackProcess {
  const { port } = new URL(user.stack.url);
  return startProcess(["--port", port, "--data", folder, "--json"]);
}

/** Inserts documents one after the other until the stack is gone; returns the ids that it confirmed. */
async function insertUntilGone(): Promise<string[]> {
  const confirmed: string[] = [];
  for (;;) {
    const id = crypto.randomUUID();
    const path = `${user.orgId}/${id}/x.md`;
    const { error } = await user.client.from("vault_documents")
      .insert({ id, org_id: user.orgId, title: "x", storage_path: path, mime_type: "text/plain" });
    if (error) return confirmed;
    confirmed.push(id);
  }
}

describe("a stack that is killed", () => {
  let confirmed: string[];
  let children: number[];

  beforeAll(async () => {
    children = await descendantsOf(stack.pid);
    const inserting = insertUntilGone();
    await trainToEnd(user, documentId);
    await stack.end("SIGKILL");
    confirmed = await inserting;
    stack = startAgain();
  });

  test("leaves no process behind", async () => {
    expect(children.length).toBeGreaterThanOrEqual(4);

    await untilGone(children);
  });

  test("starts again on its data, warm, with the same keys", async () => {
    const { address, seconds } = await stack.ready;

    // The bar is 5 s on a machine that does nothing else; the print is for whoever measures.
    console.log(`ready ${seconds.toFixed(1)} s after a kill`);
    expect(address).toEqual(user.stack);
    expect(seconds).toBeLessThan(25);
  });

  test("still has every row that it confirmed", async () => {
    const { data } = await user.client.from("vault_documents").select("id");

    const ids = data!.map(({ id }) => id);
    expect(confirmed.length).toBeGreaterThan(3);
    expect(ids).toEqual(expect.arrayContaining([...confirmed, documentId]));
    expect(ids.length).toBeLessThanOrEqual(confirmed.length + 2);
  });

  test("takes the old token for its functions, and gives a new one for the old password", async () => {
    const { data } = await user.client.auth.getUser();
    const again = createClient<Database>(user.stack.url, user.stack.publishableKey, {
      auth: { persistSession: false },
    });

    const answer = await callFunction("training-library/jobs", { user, method: "GET" });
    const session = await again.auth.signInWithPassword({ email: data.user!.email!, password });

    expect(answer.status).toBe(200);
    expect(answer.body.jobs).toHaveLength(2);
    expect(session.error).toBeNull();
    expect(session.data.user!.id).toBe(user.id);
  });

  test("still has the object and its vectors", async () => {
    const path = `${user.orgId}/${documentId}/handbook.md`;
    const { data } = await user.client.storage.from("documents").download(path);

    const found = await callFunction("search", { user, body: { query: "vacation" } });

    expect(await data?.text()).toBe(text);
    expect(JSON.stringify(found.body.matches)).toContain("thirty days");
  });

  test("trains on", async () => {
    const job = await trainToEnd(user, await addDocument(user, "Another passage."));

    expect(job.status).toBe("completed");
  });
});

describe("a stack that Ctrl-C reaches", () => {
  test("stops cleanly within five seconds, though its children get the signal too", async () => {
    const children = await descendantsOf(stack.pid);
    for (const child of children) Deno.kill(child, "SIGINT");

    const { code, seconds, stderr } = await stack.end("SIGINT");

    expect(code).toBe(0);
    expect(seconds).toBeLessThan(5);
    expect(stderr).not.toMatch(/panicked|Uncaught/);
    await untilGone(children, 1);
  });
});
