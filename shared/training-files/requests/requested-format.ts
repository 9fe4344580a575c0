import { z } from "zod";
import type { DownloadFormat } from "../versions/preview-format.ts";

/** `format` of a download, and each of a preview's `formats`. */
export const RequestedFormat = z.enum(
  {
    json: "json",
    jsonl: "jsonl",
    openai: "openai",
    messages: "messages",
    sharegpt: "sharegpt",
    alpaca: "alpaca",
    trl: "trl",
    llamafactory: "llamafactory",
    axolotl: "axolotl",
  } satisfies { [F in DownloadFormat]: F },
);
