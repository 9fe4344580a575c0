import { expect } from "vitest";
import { adminOf } from "../../../support/user.ts";
import type { CrashableStack } from "../random-run/stack.ts";
import type { Actor } from "./actor.ts";

/** Holds the documents of everybody to what they were told: each that was stored has its last text. */
export async function expectDocuments(stack: CrashableStack, actors: Actor[]): Promise<void> {
  const { storage } = adminOf(stack.address);
  const rows = await stack.query<{ id: string; storage_path: string }>(
    "select id, storage_path from public.vault_documents",
  );
  const wanted = new Map(actors.flatMap(({ documents }) => [...documents]));
  expect(rows.map(({ id }) => id).sort()).toEqual([...wanted.keys()].sort());
  for (const { id, storage_path } of rows) {
    const { data } = await storage.from("documents").download(storage_path);
    expect(await data!.text(), id).toBe(wanted.get(id));
  }
}
