import { Worker } from "node:worker_threads";
import { z } from "zod";
import { imageError } from "./check-image.ts";
import { ImageAnswer } from "./responses-request.ts";

const Answer = z.union([
  z.strictObject({ answer: ImageAnswer }),
  z.strictObject({ broken: z.literal(true) }),
  z.strictObject({ error: z.string() }),
]);
type Answer = z.infer<typeof Answer>;

/**
 * Reads images, one at a time in the order in which they come, on a thread of its own that is
 * started by the first of them: requests for vectors are answered meanwhile.
 */
export class Reader {
  #thread: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * What a PNG image says, whose header has been checked. Throws `ApiError` 400 for one that cannot
   * be decoded; rejects with the signal's reason when the caller has gone, which ends the reading.
   */
  read(png: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<ImageAnswer> {
    const turn = this.#last.then(() => this.#readNow(png, signal));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Ends the thread; a reading under way is rejected. */
  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  async #readNow(png: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<ImageAnswer> {
    signal.throwIfAborted();
    const thread = this.#thread ??= this.#start();
    const stop = () => thread.postMessage({});
    signal.addEventListener("abort", stop);
    try {
      const answer = await ask(thread, png);
      signal.throwIfAborted();
      if ("broken" in answer) {
        throw imageError(
          "image_parse_error",
          "The image cannot be decoded: it is broken or cut off.",
        );
      }
      if ("error" in answer) throw new Error(`the reader failed: ${answer.error}`);
      return answer.answer;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  #start(): Worker {
    const thread = new Worker(new URL("./thread.ts", import.meta.url));
    thread.once("exit", () => {
      if (this.#thread === thread) this.#thread = undefined;
    });
    return thread;
  }
}

async function ask(thread: Worker, png: Uint8Array<ArrayBuffer>): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const onExit = () => reject(new Error("the reader's thread ended"));
  thread.once("message", resolve);
  thread.once("error", reject);
  thread.once("exit", onExit);
  try {
    thread.postMessage({ png });
    return Answer.parse(await promise);
  } finally {
    thread.off("message", resolve);
    thread.off("error", reject);
    thread.off("exit", onExit);
  }
}
