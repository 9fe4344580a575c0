/** Bands of a signature: with 16 bands of 8, a pair at 0.85 is missed in 0.6 % of cases. */
export const BANDS = 16;

const NONE = -1;

/**
 * Numbers of items by the keys of their bands: a hash table in typed arrays, twelve bytes an entry
 * where a map of lists takes a hundred. Item n has the entries from n · BANDS.
 */
export class BandIndex {
  #count = 0;
  #keys = new Int32Array(64 * BANDS);
  #next = new Int32Array(64 * BANDS);
  #heads = new Int32Array(64 * BANDS).fill(NONE);

  /** Adds the next item and returns its number, from 0. */
  add(keys: readonly number[]): number {
    if ((this.#count + 1) * BANDS > this.#keys.length) this.#grow();
    const item = this.#count++;
    keys.forEach((key, band) => this.#link(item * BANDS + band, key));
    return item;
  }

  /** The items that have one of the keys, ascending. Keys of different bands must differ. */
  find(keys: readonly number[]): number[] {
    const found = new Set<number>();
    for (const key of keys) {
      for (
        let entry = this.#heads[this.#bucket(key)]!;
        entry !== NONE;
        entry = this.#next[entry]!
      ) {
        if (this.#keys[entry] === key) found.add(Math.floor(entry / BANDS));
      }
    }
    return [...found].sort((a, b) => a - b);
  }

  #bucket(key: number): number {
    return key & (this.#heads.length - 1);
  }

  #link(entry: number, key: number): void {
    const bucket = this.#bucket(key);
    this.#keys[entry] = key;
    this.#next[entry] = this.#heads[bucket]!;
    this.#heads[bucket] = entry;
  }

  #grow(): void {
    const keys = new Int32Array(2 * this.#keys.length);
    keys.set(this.#keys);
    this.#keys = keys;
    this.#next = new Int32Array(keys.length);
    this.#heads = new Int32Array(keys.length).fill(NONE);
    for (let entry = 0; entry < this.#count * BANDS; entry++) this.#link(entry, keys[entry]!);
  }
}
