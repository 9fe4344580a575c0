import { type CropContext, promptVersion } from "./prompt.ts";

/** SHA-256, in hexadecimal, of everything that a reading is made from. */
export async function hashInput(
  crop: Uint8Array,
  context: CropContext,
  model: string,
): Promise<string> {
  const text = JSON.stringify([
    await hash(crop),
    context.title,
    context.pageName,
    context.disciplineName,
    context.sheetReflection,
    model,
    promptVersion,
  ]);
  return await hash(new TextEncoder().encode(text));
}

async function hash(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as BufferSource)).toHex();
}
