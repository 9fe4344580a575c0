/** A picture as pdf.js decodes it: rows of bits (0 is black), of RGB or of RGBA, from the top. */
export interface PdfImage {
  width: number;
  height: number;
  /** Eight pixels a byte, each row filled up; or one byte for each channel of each pixel. */
  data: Uint8Array | Uint8ClampedArray;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const [grey, rgb] = [0, 2];

/**
 * A picture as a PNG image: in grey where it has no colour, on white where it is transparent. Throws
 * `RangeError` when there are fewer bytes than pixels.
 * Source: https://www.w3.org/TR/png-3/#4Concepts.FormatChunks.
 */
export async function encodePng({ width, height, data }: PdfImage): Promise<Uint8Array> {
  const rowBytes = Math.ceil(width / 8);
  if (data.length === rowBytes * height) {
    return await assemble(width, height, 1, grey, toRows(data, rowBytes, height));
  }
  const channels = data.length / (width * height);
  if (channels !== 3 && channels !== 4) throw new RangeError("the picture lacks pixels");
  const colours = channels === 4 ? onWhite(data) : data;
  const isGrey = isColourless(colours);
  const samples = isGrey ? firstOfThree(colours) : colours;
  const rows = toRows(samples, width * (isGrey ? 1 : 3), height);
  return await assemble(width, height, 8, isGrey ? grey : rgb, rows);
}

/** Each row behind the number of its filter: none. */
function toRows(
  data: Uint8Array | Uint8ClampedArray,
  rowBytes: number,
  height: number,
): Uint8Array<ArrayBuffer> {
  const rows = new Uint8Array((rowBytes + 1) * height);
  for (let row = 0; row < height; row++) {
    rows.set(data.subarray(row * rowBytes, (row + 1) * rowBytes), row * (rowBytes + 1) + 1);
  }
  return rows;
}

function onWhite(data: Uint8Array | Uint8ClampedArray): Uint8Array {
  const colours = new Uint8Array(data.length / 4 * 3);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    const cover = data[from + 3]! / 255;
    for (let channel = 0; channel < 3; channel++) {
      colours[to++] = 255 - cover * (255 - data[from + channel]!);
    }
  }
  return colours;
}

function isColourless(data: Uint8Array | Uint8ClampedArray): boolean {
  for (let at = 0; at < data.length; at += 3) {
    if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return false;
  }
  return true;
}

function firstOfThree(data: Uint8Array | Uint8ClampedArray): Uint8Array {
  const samples = new Uint8Array(data.length / 3);
  for (let at = 0; at < samples.length; at++) samples[at] = data[at * 3]!;
  return samples;
}

async function assemble(
  width: number,
  height: number,
  depth: number,
  colourType: number,
  rows: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([depth, colourType], 8);
  const packed = new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"));
  const body = new Uint8Array(await new Response(packed).arrayBuffer());
  const parts = [signature, chunk("IHDR", header), chunk("IDAT", body), chunk("IEND")];
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function chunk(type: string, body = new Uint8Array()): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(body.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, body.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(body, 8);
  view.setUint32(body.length + 8, crc32(bytes.subarray(4, -4)));
  return bytes;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let at = 0; at < bytes.length; at++) {
    crc = crcTable[(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}
