import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { documentKinds, makeDocumentParts } from "../support/edited-documents.ts";
import type { OwnStack } from "../support/own-stack.ts";
import { retrain, retrainUnderSearch } from "../support/retraining.ts";
import { trainToEnd } from "../support/training.ts";
import { addDocument, createUser, type User } from "../support/user.ts";
import { startWorkerStack, storedContents } from "./support/worker-stack.ts";

vi.setConfig({ testTimeout: 300_000 });

/** The embedded database has one connection, which training and search share; see tests/postgres. */
const editions = 10;

let own: OwnStack;
let user: User;

beforeAll(async () => {
  own = await startWorkerStack(45);
  user = await createUser(own.address);
});
afterAll(() => own[Symbol.asyncDispose]());

describe("a document of a megabyte with one changed paragraph", () => {
  test("has three of its chunks embedded again at the most, wherever it changed", async () => {
    const parts = makeDocumentParts(documentKinds["plain prose"]!, 1_000_000);
    const text = parts.join("");
    const documentId = await addDocument(user, text, { mimeType: "text/plain" });
    await trainToEnd(user, documentId, { seconds: 120 });
    const whole = await storedContents(own, documentId);
    expect(text.length).toBeGreaterThan(999_999);
    expect(whole.length).toBeGreaterThan(1000);
    const first = parts.with(2, "The third paragraph says something else now.\n\n");
    const both = first.toSpliced(Math.floor(parts.length / 2), 1);

    for (const edited of [first, both]) {
      own.provider.calls.length = 0;
      await retrain(user, documentId, edited.join(""));

      const embedded = own.provider.calls.flatMap(({ texts }) => texts);
      expect(embedded.length).toBeGreaterThan(0);
      expect(embedded.length).toBeLessThanOrEqual(3);
    }
  });
});

describe("a document that is retrained under concurrent search", () => {
  test("is found in one edition at a time, and never not at all", async () => {
    const { answers, seen, wrong } = await retrainUnderSearch(user, editions);

    expect(wrong).toEqual([]);
    expect(answers).toBeGreaterThan(editions);
    expect(seen.size).toBeGreaterThan(editions / 2);
  });
});
