/** Numbers in a block: a quarter of a megabyte. */
const BLOCK = 2 ** 16;

/**
 * Lists of numbers behind one another in blocks that stay where they are: a typed array of its own
 * costs each small list some 400 bytes more, and one array that grows is there twice while it does.
 */
export class NumberLists {
  #blocks: Uint32Array[] = [];
  #used = 0;
  /** Of each list: its block, and where in it the list starts and ends. */
  #blockOf: number[] = [];
  #starts: number[] = [];
  #ends: number[] = [];

  add(list: Uint32Array): void {
    let block = this.#blocks.at(-1);
    if (block === undefined || this.#used + list.length > block.length) {
      block = new Uint32Array(Math.max(BLOCK, list.length));
      this.#blocks.push(block);
      this.#used = 0;
    }
    block.set(list, this.#used);
    this.#blockOf.push(this.#blocks.length - 1);
    this.#starts.push(this.#used);
    this.#used += list.length;
    this.#ends.push(this.#used);
  }

  /** The list with this number, from 0. */
  at(index: number): Uint32Array {
    return this.#blocks[this.#blockOf[index]!]!.subarray(this.#starts[index], this.#ends[index]);
  }
}
