/** Four bits for each number of bits that a difference takes, 0 to 11; one bit for the end of a block. */
const [lumaCodes, endOfBlock] = [4, "0"];

/**
 * A grey JPEG image of blocks of 8 by 8 pixels, each of one shade, by rows: a baseline encoder that
 * needs no more than the first coefficient of each block.
 * Source: https://www.w3.org/Graphics/JPEG/itu-t81.pdf.
 */
export function makeJpeg(
  columns: number,
  rows: number,
  shadeOf: (column: number, row: number) => number,
  { declared = { width: columns * 8, height: rows * 8 }, passes = 1 } = {},
): Uint8Array<ArrayBuffer> {
  const bits: string[] = [];
  let last = 0;
  for (let block = 0; block < columns * rows; block++) {
    // Quantised by 8, which is what the transform of a flat block multiplies by.
    const value = shadeOf(block % columns, Math.floor(block / columns)) - 128;
    const difference = value - last;
    last = value;
    const length = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
    const code = length.toString(2).padStart(lumaCodes, "0");
    const offset = difference < 0 ? difference + 2 ** length - 1 : difference;
    bits.push(code, length ? offset.toString(2).padStart(length, "0") : "", endOfBlock);
  }
  const text = bits.join("");
  const scan = Uint8Array.from(
    { length: Math.ceil(text.length / 8) },
    (_, at) => parseInt(text.slice(at * 8, at * 8 + 8).padEnd(8, "1"), 2),
  );
  const stuffed = [...scan].flatMap((byte) => byte === 0xff ? [0xff, 0] : [byte]);
  const size = ({ width, height }: { width: number; height: number }) =>
    [height, width].flatMap((side) => [side >> 8, side & 255]);
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xdb, [0, ...Array(64).fill(8)]),
    ...segment(0xc0, [8, ...size(declared), 1, 1, 0x11, 0]),
    ...segment(0xc4, [0x00, 0, 0, 0, 12, ...Array(12).fill(0), ...Array(12).keys()]),
    ...segment(0xc4, [0x10, 1, ...Array(15).fill(0), 0]),
    ...Array(passes).fill([...segment(0xda, [1, 1, 0, 0, 63, 0]), ...stuffed]).flat(),
    ...[0xff, 0xd9],
  ]);
}

function segment(marker: number, body: number[]): number[] {
  const length = body.length + 2;
  return [0xff, marker, length >> 8, length & 255, ...body];
}
