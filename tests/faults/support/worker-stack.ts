import { chunkDocument } from "../../../shared/knowledge/chunk-document.ts";
import { embed, type EmbeddingCall } from "../../support/embedding-server.ts";
import { type OwnStack, startOwnStack } from "../../support/own-stack.ts";
import type { User } from "../../support/user.ts";

/** A stack that works by itself and looks for jobs every second. */
export function startWorkerStack(leaseSeconds: number): Promise<OwnStack> {
  return startOwnStack({
    cron: true,
    env: { JOB_LEASE_SECONDS: `${leaseSeconds}`, JOB_TICK_SECONDS: "1" },
  });
}

/** A document of more than two slices of chunks, each of which can be told from the others. */
export const longText = Array.from(
  { length: 700 },
  (_, index) => `Paragraph ${index} says that the answer to question ${index} is ${index * 7919}.`,
).join("\n\n");

/** What is to be stored of a document, in order. */
export function contentsOf(text: string): string[] {
  return chunkDocument(text, { format: "markdown" }).map(({ content }) => content);
}

/** Everything that is stored of a document, what no reader sees yet included. */
export async function storedContents({ stack }: OwnStack, documentId: string): Promise<string[]> {
  const rows = await stack.database.query<{ content: string }>(
    `select content from public.mono_training_chunks
     where vault_document_id = $1 order by generation, ordinal`,
    [documentId],
  );
  return rows.map(({ content }) => content);
}

/** What a member sees of a document. */
export async function visibleContents({ client }: User, documentId: string): Promise<string[]> {
  const { data, error } = await client.from("mono_training_chunks").select("content")
    .eq("vault_document_id", documentId).order("ordinal");
  if (error) throw new Error("no chunks", { cause: error });
  return data.map(({ content }) => content);
}

/** Ends every pause between attempts, instead of waiting for it. */
export async function endPauses({ stack }: OwnStack): Promise<void> {
  await stack.database.query(
    "update private.jobs set visible_at = now() where lease_token is null",
  );
  await stack.database.query("select private.tick_jobs()");
}

/** Sends a signal to the process of the worker. */
export async function signalWorker({ stack }: OwnStack, signal: Deno.Signal): Promise<void> {
  Deno.kill(await stack.functions.pid("process-jobs"), signal);
}

/** Does something again and again until it is disposed of. */
export function repeat(work: () => Promise<void>, milliseconds: number): Disposable {
  const timer = setInterval(() => work().catch(() => undefined), milliseconds);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Leaves every open job so many attempts in all. */
export async function limitAttempts({ stack }: OwnStack, attempts: number): Promise<void> {
  await stack.database.query("update private.jobs set max_attempts = $1", [attempts]);
}

/** A provider's answer that is held back. */
export interface Gate {
  /** Resolves with the call that is held. */
  reached: Promise<EmbeddingCall>;
  /** Lets it go, and every later one. */
  open(): void;
}

/** Answers the first `calls` embedding calls and holds the next one back. */
export function holdCall({ provider }: OwnStack, calls: number): Gate {
  const reached = Promise.withResolvers<EmbeddingCall>();
  const opened = Promise.withResolvers<void>();
  let answered = 0;
  provider.answer = async (call) => {
    if (answered++ >= calls) {
      reached.resolve(call);
      await opened.promise;
    }
    return embed(call);
  };
  return {
    reached: reached.promise,
    open: () => {
      provider.answer = embed;
      opened.resolve();
    },
  };
}
