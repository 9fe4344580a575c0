import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import type { Database } from "../../database.types.ts";
import { unwrap } from "../../unwrap.ts";
import type { Fingerprint } from "../fingerprint/fingerprint.ts";
import {
  FINGERPRINT_SCHEMA,
  packFingerprint,
  StoredFingerprint,
  unpackFingerprint,
} from "../fingerprint/stored-fingerprint.ts";
import { Snapshot, SNAPSHOT_SCHEMA } from "../snapshot/snapshot.ts";

/** What is stored once per distinct content of an organisation. */
export interface Taken {
  snapshot: Snapshot;
  fingerprint: Fingerprint;
}

interface Row {
  org_id: string;
  sha256: string;
  snapshot: Snapshot;
  fingerprint: StoredFingerprint;
}

const Known = z.record(
  z.string(),
  z.object({
    snapshot: Snapshot,
    fingerprint: StoredFingerprint.transform(unpackFingerprint),
  }),
);
const Rows = z.array(z.object({ sha256: z.string(), snapshot: Snapshot }));

/** Rows that are stored together: of real conversations a fifth of a megabyte. */
const batchSize = 16;

/** The stored snapshots of an organisation, by the hash of the bytes. */
export class SnapshotStore {
  #client: SupabaseClient<Database>;
  #orgId: string;
  #added = new Map<string, Row>();
  #storing = Promise.resolve();

  constructor(client: SupabaseClient<Database>, orgId: string) {
    this.#client = client;
    this.#orgId = orgId;
  }

  /** Snapshots with their fingerprints; none of a slice that another version of this code has taken. */
  async getTaken(sha256s: string[]): Promise<Record<string, Taken>> {
    const stored = unwrap(
      await this.#client.rpc("get_conversation_snapshots", {
        p_org_id: this.#orgId,
        p_sha256s: sha256s,
      }),
    );
    const result = Known.safeParse(stored);
    return result.success ? result.data : {};
  }

  /** As `getTaken`, without the fingerprints, which are several times larger. */
  async getSnapshots(sha256s: string[]): Promise<Map<string, Snapshot>> {
    const rows = unwrap(
      await this.#client.from("conversation_snapshots").select("sha256, snapshot")
        .eq("org_id", this.#orgId).in("sha256", sha256s),
    );
    const result = Rows.safeParse(rows);
    return new Map(result.data?.map(({ sha256, snapshot }) => [sha256, snapshot]));
  }

  /** Takes a snapshot to be stored with others; resolves when there is room for more. */
  async add(taken: Taken): Promise<void> {
    this.#added.set(taken.snapshot.sha256, this.#rowOf(taken));
    if (this.#added.size < batchSize) return;
    await this.#storing;
    this.#storeAdded();
  }

  /** Which of these are stored as this version of the code takes them. */
  async findStored(sha256s: string[]): Promise<string[]> {
    const rows = unwrap(
      await this.#client.from("conversation_snapshots").select("sha256")
        .eq("org_id", this.#orgId).in("sha256", sha256s)
        .eq("snapshot->schema", SNAPSHOT_SCHEMA).eq("fingerprint->schema", FINGERPRINT_SCHEMA),
    );
    return rows.map(({ sha256 }) => sha256);
  }

  /** Begins to store those of the snapshots that are not stored, as `findStored` has found. */
  addMissing(all: Taken[], stored: Promise<string[]>): void {
    const missing = new Map(all.map((taken) => [taken.snapshot.sha256, taken]));
    this.#storing = this.#storing.then(async () => {
      for (const sha256 of await stored) missing.delete(sha256);
      const rows = [...missing.values()].map((taken) => this.#rowOf(taken));
      if (rows.length > 0) await this.#upsert(rows);
    });
    // It is awaited by whoever flushes.
    this.#storing.catch(() => undefined);
  }

  /** Stores what was added; resolves when all of it is stored. */
  flush(): Promise<void> {
    if (this.#added.size > 0) this.#storeAdded();
    return this.#storing;
  }

  #storeAdded(): void {
    const rows = [...this.#added.values()];
    this.#added.clear();
    this.#storing = this.#storing.then(() => this.#upsert(rows));
    // It is awaited by the next batch or by whoever flushes.
    this.#storing.catch(() => undefined);
  }

  #rowOf({ snapshot, fingerprint }: Taken): Row {
    return {
      org_id: this.#orgId,
      sha256: snapshot.sha256,
      snapshot,
      fingerprint: packFingerprint(fingerprint),
    };
  }

  async #upsert(rows: Row[]): Promise<void> {
    const { error } = await this.#client.from("conversation_snapshots")
      .upsert(rows, { onConflict: "org_id,sha256" });
    if (error) throw new Error("snapshots could not be stored", { cause: error });
  }
}
