import { zlibSync } from "fflate";
import { joinBytes } from "../../shared/join-bytes.ts";

/** A PNG image that is not what it seems. */
export interface PngAttack {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** A PNG image of these chunks. */
export function makePng(
  ...chunks: [type: string, body: ArrayLike<number>][]
): Uint8Array<ArrayBuffer> {
  return joinBytes([signature, ...chunks.map(([type, body]) => toChunk(type, body))]);
}

/** The header of a picture in grey. */
export function header(width: number, height: number): ["IHDR", Uint8Array] {
  const body = new Uint8Array(13);
  const view = new DataView(body.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  body[8] = 8;
  return ["IHDR", body];
}

const white = (width: number, height: number): ["IDAT", Uint8Array] => {
  const rows = new Uint8Array((width + 1) * height).fill(255);
  for (let row = 0; row < height; row++) rows[row * (width + 1)] = 0;
  return ["IDAT", zlibSync(rows)];
};
const end: [string, Uint8Array] = ["IEND", new Uint8Array()];
const [size, picture] = [header(64, 64), white(64, 64)];

/** What callers will try: each declares, packs or carries more than a picture, or less. */
export function pngAttacks(): PngAttack[] {
  const whole = makePng(size, picture, end);
  const frame: [string, Uint8Array][] = [
    ["fcTL", new Uint8Array(26)],
    ["fdAT", new Uint8Array(40)],
  ];
  const frames = Array.from({ length: 10_000 }, () => frame).flat();
  const entries = [
    ["65 bytes that declare 16,384 by 16,384 pixels", makePng(header(16_384, 16_384), tiny, end)],
    [
      "65 bytes that declare 100,000 by 100,000 pixels",
      makePng(header(100_000, 100_000), tiny, end),
    ],
    ["65 bytes that declare 7,000 by 7,000 pixels", makePng(header(7_000, 7_000), tiny, end)],
    ["a picture without its last bytes", whole.slice(0, -5)],
    [
      "the first half of its pixels",
      makePng(size, ["IDAT", picture[1].subarray(0, picture[1].length / 2)], end),
    ],
    ["a picture that is followed by another", Uint8Array.from([...whole, ...whole])],
    ["10,000 frames", makePng(size, ["acTL", [0, 0, 39, 16, 0, 0, 0, 0]], picture, ...frames, end)],
    ["pixels that unpack to 100 MB", makePng(size, ["IDAT", zlibSync(zeros(100))], end)],
    ["2 MB of EXIF", makePng(size, ["eXIf", zeros(2)], picture, end)],
    ["a colour profile of garbage", makePng(size, ["iCCP", garbage], picture, end)],
    [
      "a colour profile that unpacks to 100 MB",
      makePng(size, ["iCCP", [120, 0, 0, ...zlibSync(zeros(100))]], picture, end),
    ],
    ["no pixels", makePng(header(0, 0), picture, end)],
    ["no pixel data", makePng(size, end, end)],
    ["60,000 empty parts", makePng(size, ...Array(60_000).fill(["teXt", []]), picture, end)],
  ] as const;
  return entries.map(([name, bytes]) => ({ name, bytes }));
}

const tiny: [string, Uint8Array] = ["IDAT", zlibSync(new Uint8Array(1))];
const garbage = Uint8Array.from([97, 0, 0, ...Array.from({ length: 400 }, (_, at) => at * 7)]);

function zeros(megabytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(megabytes * 1024 * 1024);
}

function toChunk(type: string, body: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(body.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, body.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(body, 8);
  view.setUint32(body.length + 8, crc32(bytes.subarray(4, -4)));
  return bytes;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  }
  return ~crc >>> 0;
}
