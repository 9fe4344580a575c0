import { parentPort } from "node:worker_threads";
import { readImage } from "./read-image.ts";
import type { Recognise } from "./read-lines.ts";
import { startTesseract } from "./tesseract.ts";
import { toRaster } from "./to-raster.ts";

/** What the reader sends to its thread: an image, or nothing to stop reading the one before. */
export interface ThreadTask {
  png?: Uint8Array<ArrayBuffer>;
}

let tesseract: Promise<Recognise> | undefined;
let stop = new AbortController();

async function read(png: Uint8Array): Promise<void> {
  try {
    const raster = decodeImage(png);
    if (!raster) return parentPort?.postMessage({ broken: true });
    const recognise = await (tesseract ??= startTesseract());
    parentPort?.postMessage({ answer: await readImage(raster, recognise, stop.signal) });
  } catch (error) {
    parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
}

function decodeImage(png: Uint8Array) {
  try {
    return toRaster(png);
  } catch {
    return undefined;
  }
}

parentPort?.on("message", ({ png }: ThreadTask) => {
  if (!png) return stop.abort();
  stop = new AbortController();
  read(png);
});
