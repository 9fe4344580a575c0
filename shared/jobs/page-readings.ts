import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import { cleanMarkdown } from "../enrichment/clean-markdown.ts";
import type { PagePicture } from "../knowledge/extract/extracted-text.ts";
import { buildPagePrompt, pagePromptVersion } from "../knowledge/page-prompt.ts";
import { PageReading } from "../knowledge/page-reading.ts";
import { PermanentError } from "../permanent-error.ts";
import { ProviderError } from "../providers/provider-error.ts";
import type { VisionReader } from "../providers/vision-reader.ts";
import { unwrap } from "../unwrap.ts";
import type { TrainDocumentJob } from "./job.ts";
import { createLaneCalls } from "./lane-calls.ts";
import type { Lease } from "./lease-keeper.ts";
import { readImage } from "./read-image.ts";

/** What one page sends and gets, as a guess: an image, the instructions, a page of answer. */
const tokensOfPage = 4_000;
/** Characters: no page has more, in whatever print. */
const maxPage = 60_000;

interface Means {
  client: SupabaseClient<Database>;
  /** Made when it is first needed. */
  getReader: () => Promise<VisionReader>;
}

/** What a training does with pages that are pictures. */
export interface PageReadings {
  /** What has been read of a file's pages, by their numbers; null where no set lets them be read. */
  list(file: Uint8Array): Promise<ReadonlyMap<number, string> | null>;
  /**
   * Reads pages of the file that was listed, one after the other; each is stored when it is read, so
   * that nobody pays for it again. Throws `PermanentError` PAGE_REFUSED for a page that the provider
   * never takes, `ProviderError`.
   */
  read(pages: PagePicture[], title: string, lease: Lease): Promise<"ok" | "stale_lease">;
}

/** The scanned pages of a job's document. */
export function createPageReadings(
  { client, getReader }: Means,
  job: TrainDocumentJob,
): PageReadings {
  const id = { p_vault_document_id: job.payload.vault_document_id };
  const held = { p_job_id: job.job_id, p_lease_token: job.lease_token };
  let sourceHash = "";
  return {
    list: async (file) => {
      if (!unwrap(await client.rpc("is_scan_reading_allowed", id))) return null;
      // Elsewhere, a reader that cannot be made would pause a lane that has nothing to do with it.
      const reader = await getReader().catch((error) => {
        if (job.lane === "pass2") throw error;
      });
      if (!reader) return new Map();
      sourceHash = await hashSource(file, reader.model);
      const rows = unwrap(
        await client.rpc("list_page_readings", { ...id, p_source_hash: sourceHash }),
      );
      return new Map(rows.map(({ page, content }) => [page, content]));
    },
    read: async (pages, title, lease) => {
      const reader = await getReader();
      const takeCall = createLaneCalls(client, job.lane);
      for (const picture of pages) {
        await takeCall(tokensOfPage, lease.signal);
        const content = await readPage(picture, title, reader, lease);
        const page = { p_source_hash: sourceHash, p_page: picture.page, p_content: content };
        const state = unwrap(await client.rpc("add_page_reading", { ...held, ...page }));
        if (state !== "ok") return "stale_lease";
      }
      return "ok";
    },
  };
}

/** SHA-256, in hexadecimal, of what a document's pages are read from. */
async function hashSource(file: Uint8Array, model: string): Promise<string> {
  const hash = async (bytes: Uint8Array) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as BufferSource)).toHex();
  const text = JSON.stringify([await hash(file), model, pagePromptVersion]);
  return await hash(new TextEncoder().encode(text));
}

async function readPage(
  { page, png }: PagePicture,
  title: string,
  reader: VisionReader,
  lease: Lease,
): Promise<string> {
  const request = { ...buildPagePrompt(title, page), image: png, schema: PageReading };
  const answer = await readImage(reader, request, lease).catch((error) => {
    throw isRefusal(error) ? refused(page, error) : error;
  });
  return cleanMarkdown(answer.markdown, maxPage);
}

function isRefusal(error: unknown): error is ProviderError {
  return error instanceof ProviderError && error.refusal === "input_rejected";
}

function refused(page: number, cause: unknown): PermanentError {
  return new PermanentError(
    "PAGE_REFUSED",
    `The vision provider refuses page ${page} of the document`,
    { cause },
  );
}
