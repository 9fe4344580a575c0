import { expect } from "vitest";
import { callWorker } from "../../support/call-worker.ts";
import type { OwnStack } from "../../support/own-stack.ts";
import { enqueueSweep, readBucket } from "../../support/storage-faults.ts";

/** Sweeps now what is due. */
export async function sweep({ stack, address }: OwnStack): Promise<void> {
  await enqueueSweep(stack);
  await callWorker(address);
}

/** Holds storage and database to each other: no object without a row, no row without an object. */
export async function expectAgreement({ stack }: OwnStack): Promise<void> {
  const { objects, named } = await readBucket(stack);
  expect(objects).toEqual(named);
}

/** The same, once everything that waits for the sweeper was swept; nothing waits then. */
export async function expectSweptAgreement(own: OwnStack): Promise<void> {
  await own.stack.database.query("update private.storage_outbox set due_at = now()");
  await sweep(own);
  const { objects, named, outbox } = await readBucket(own.stack);
  expect(objects).toEqual(named);
  expect(outbox).toEqual([]);
}
