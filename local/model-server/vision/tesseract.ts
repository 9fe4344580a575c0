import { dirname } from "node:path";
import { createRequire } from "node:module";
import { createWorker, PSM } from "tesseract.js";
import type { Recognise } from "./read-lines.ts";

/** Starts Tesseract with its English model from `node_modules`, no network, for single lines. */
export async function startTesseract(): Promise<Recognise> {
  const data = dirname(
    createRequire(import.meta.url).resolve("@tesseract.js-data/eng/package.json"),
  );
  const worker = await createWorker("eng", undefined, {
    langPath: `${data}/4.0.0_best_int`,
    cacheMethod: "none",
    gzip: true,
    // Without it a failed line would end the process; the promise is rejected anyway.
    errorHandler: () => undefined,
  });
  await worker.setParameters({
    tessedit_pageseg_mode: PSM.SINGLE_LINE,
    // It reports what it guesses of every image to standard error.
    ...{ debug_file: "/dev/null" },
  });
  return async (greymap) => {
    const { data } = await worker.recognize(Buffer.from(greymap), {}, {
      text: false,
      blocks: true,
    });
    return (data.blocks ?? [])
      .flatMap(({ paragraphs }) => paragraphs)
      .flatMap(({ lines }) => lines)
      .flatMap(({ words }) => words)
      .map(({ text, confidence }) => ({ text, confidence }));
  };
}
