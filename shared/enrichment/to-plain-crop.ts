import { CropError } from "./crop-error.ts";
import { listPngChunks, type PngChunk } from "./png-chunks.ts";

/** The picture; the rest is of no use to a reader, and may say where a photograph was taken. */
const kept = new Set(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);
const channelsOf: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Encoders cut a picture of 20 MB into some thousand. */
const maxChunks = 50_000;
/** Of what is no picture: a colour profile has some kilobytes. */
const maxExtraBytes = 1024 * 1024;
const maxProfileBytes = 4 * 1024 * 1024;

const step = 4096;

/**
 * The crop without anything that is no picture, once it is sure that it unpacks to as many pixels as
 * its header declares: whoever decodes it is safe. Throws `CropError` CROP_INVALID. The header has
 * been checked: see `assertCrop`.
 */
export async function toPlainCrop(crop: Uint8Array): Promise<Uint8Array> {
  const chunks = partsOf(crop);
  if (chunks.some(({ type }) => type === "acTL" || type === "fdAT")) {
    throw new CropError("CROP_INVALID", "The crop is animated: upload a still image");
  }
  const extra = chunks.filter(({ type }) => !kept.has(type));
  if (extra.reduce((sum, { whole }) => sum + whole.length, 0) > maxExtraBytes) {
    throw new CropError("CROP_INVALID", "The crop carries more than 1 MB besides its picture");
  }
  for (const { type, body } of extra) if (type === "iCCP") await assertProfile(body);
  await assertPixels(chunks);
  const picture = chunks.filter(({ type }) => kept.has(type)).map(({ whole }) => whole);
  return new Uint8Array(
    await new Blob([crop.subarray(0, 8), ...picture] as BlobPart[]).arrayBuffer(),
  );
}

function partsOf(crop: Uint8Array): PngChunk[] {
  const chunks: PngChunk[] = [];
  try {
    for (const chunk of listPngChunks(crop)) {
      if (chunks.push(chunk) > maxChunks) break;
    }
  } catch {
    throw new CropError("CROP_INVALID", "The crop is cut off: upload it again");
  }
  if (chunks.length <= maxChunks) return chunks;
  throw new CropError("CROP_INVALID", "The crop is in too many parts: export it again");
}

/** Source: https://www.w3.org/TR/png-3/#11iCCP and ICC.1:2022, 7.2.9. */
async function assertProfile(body: Uint8Array): Promise<void> {
  const nameEnd = body.indexOf(0);
  let mark = "";
  const size = await inflate([body.subarray(nameEnd + 2)], maxProfileBytes, (part, at) => {
    for (let byte = Math.max(36 - at, 0); byte < Math.min(40 - at, part.length); byte++) {
      mark += String.fromCharCode(part[byte]!);
    }
  });
  if (nameEnd >= 0 && size !== null && mark === "acsp") return;
  throw new CropError("CROP_INVALID", "The crop's colour profile is damaged: export it again");
}

async function assertPixels(chunks: PngChunk[]): Promise<void> {
  const header = chunks[0]!.body;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const bits = header[8]! * (channelsOf[header[9]!] ?? 4);
  const rows = (Math.ceil(width * bits / 8) + 1) * height;
  const isInterlaced = header[12] !== 0;
  // Up to seven smaller pictures, each of whose rows begins with a byte and ends with a whole one.
  const most = isInterlaced ? rows + 8 * (width + height) : rows;
  const packed = chunks.flatMap(({ type, body }) => type === "IDAT" ? [body] : []);
  const size = await inflate(packed, most);
  if (size !== null && (isInterlaced ? size > 0 : size === rows)) return;
  throw new CropError("CROP_INVALID", "The crop is damaged: it does not unpack to its picture");
}

/** How many bytes zlib's packed parts become; null when they are broken, or become more than `most`. */
async function inflate(
  packed: Uint8Array[],
  most: number,
  take: (part: Uint8Array, at: number) => void = () => undefined,
): Promise<number | null> {
  const parts = ReadableStream.from(stepsOf(packed))
    .pipeThrough(new DecompressionStream("deflate"));
  let size = 0;
  try {
    for await (const part of parts) {
      take(part, size);
      size += part.length;
      if (size > most) return null;
    }
  } catch {
    return null;
  }
  return size;
}

/** What is handed over at once is unpacked at once: at most 1032 bytes of one. */
function* stepsOf(packed: Uint8Array[]): Generator<Uint8Array<ArrayBuffer>> {
  for (const part of packed) {
    for (let at = 0; at < part.length; at += step) {
      yield part.slice(at, at + step);
    }
  }
}
