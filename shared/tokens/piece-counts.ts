/** Units of the longest piece whose count is kept. */
const KEPT_LENGTH = 14;

/** Numbers to an entry: seven of two units each, one of count and length. */
const WIDTH = 8;
const SUM = 7;

/** Places that a piece may be kept in, each of two entries. */
const PLACES = 2 ** 14;

/**
 * The token counts of short pieces by their units, a megabyte: each place keeps the last two pieces
 * that fell into it. A map would need a string for each piece that is looked up.
 */
export class PieceCounts {
  #entries = new Int32Array(PLACES * 2 * WIDTH);
  #key = new Int32Array(SUM);
  #count: (piece: string) => number;

  /** `count` counts the tokens of a piece that is not kept. */
  constructor(count: (piece: string) => number) {
    this.#count = count;
  }

  /** The tokens of the piece of a text from `start` to `end`. */
  get(text: string, start: number, end: number): number {
    const length = end - start;
    if (length > KEPT_LENGTH) return this.#count(text.slice(start, end));
    const place = this.#placeOf(text, start, end);
    for (let entry = place; entry <= place + WIDTH; entry += WIDTH) {
      const sum = this.#entries[entry + SUM]!;
      if ((sum & 15) === length && this.#hasKey(entry)) return sum >> 4;
    }
    const tokens = this.#count(text.slice(start, end));
    this.#entries.copyWithin(place + WIDTH, place, place + WIDTH);
    this.#entries.set(this.#key, place);
    this.#entries[place + SUM] = tokens << 4 | length;
    return tokens;
  }

  /** Where a piece belongs; leaves its units in the key. */
  #placeOf(text: string, start: number, end: number): number {
    let hash = end - start;
    for (let index = 0, at = start; index < SUM; index++, at += 2) {
      const low = at < end ? text.charCodeAt(at) : 0;
      const high = at + 1 < end ? text.charCodeAt(at + 1) : 0;
      const units = high << 16 | low;
      this.#key[index] = units;
      hash = Math.imul(hash ^ units, 0x85ebca6b);
      hash ^= hash >>> 15;
    }
    return (hash & (PLACES - 1)) * 2 * WIDTH;
  }

  #hasKey(entry: number): boolean {
    for (let index = 0; index < SUM; index++) {
      if (this.#entries[entry + index] !== this.#key[index]) return false;
    }
    return true;
  }
}
