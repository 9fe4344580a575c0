import { concatBytes } from "@noble/hashes/utils.js";
import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../database.types.ts";
import { type Measures, measuringSink } from "../sinks/measuring-sink.ts";
import type { Sink } from "../sinks/sink.ts";

/** Where an object is written. */
export interface ObjectPlace {
  bucket: string;
  path: string;
  contentType: string;
}

/** Bytes that may wait for the network before a writer has to pause. */
const highWaterMark = 256 * 1024;

/** Bytes that are sent together: a send costs as much for two bytes. */
const sentTogether = 128 * 1024;

/**
 * Streams one object to storage while it is being written: counted and hashed on the way, never
 * whole in memory. An object that exists is replaced; its path must not be published yet.
 */
export class ObjectUpload {
  readonly write: Sink;
  #measures: () => Measures;
  #writer: WritableStreamDefaultWriter<Uint8Array>;
  #uploaded: Promise<void>;
  #unsent: Uint8Array[] = [];
  #unsentBytes = 0;

  constructor(client: SupabaseClient<Database>, { bucket, path, contentType }: ObjectPlace) {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(
      {},
      new ByteLengthQueuingStrategy({ highWaterMark }),
    );
    this.#writer = writable.getWriter();
    const { write, measures } = measuringSink((chunk) => {
      this.#unsent.push(chunk);
      this.#unsentBytes += chunk.byteLength;
      if (this.#unsentBytes >= sentTogether) this.#send();
    });
    this.write = write;
    this.#measures = measures;
    this.#uploaded = upload(client, bucket, path, contentType, readable);
    this.#uploaded.catch((error) => this.#writer.abort(error).catch(() => undefined));
  }

  #send(): void {
    // A failure shows in `drain` and `stored`.
    this.#writer.write(concatBytes(...this.#unsent)).catch(() => undefined);
    this.#unsent = [];
    this.#unsentBytes = 0;
  }

  /** Resolves when there is room for more. Throws when the upload has failed. */
  async drain(): Promise<void> {
    await Promise.race([this.#writer.ready, this.#uploaded]);
  }

  /** Ends the object: what it came to, whether storage has it yet or not. */
  end(): Measures {
    this.#send();
    this.#writer.close().catch(() => undefined);
    return this.#measures();
  }

  /** Resolves when storage has the object, after its end. */
  async stored(): Promise<void> {
    await this.#uploaded;
  }

  /** Gives the object up; what storage has of it is swept. */
  async abandon(reason: unknown): Promise<void> {
    await this.#writer.abort(reason).catch(() => undefined);
    await this.#uploaded.catch(() => undefined);
  }
}

async function upload(
  client: SupabaseClient<Database>,
  bucket: string,
  path: string,
  contentType: string,
  body: ReadableStream<Uint8Array>,
): Promise<void> {
  const { error } = await client.storage.from(bucket)
    .upload(path, body, { contentType, upsert: true, duplex: "half" });
  if (error) throw new Error("an object could not be stored", { cause: error });
}
