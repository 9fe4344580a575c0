/** Length of a signature. */
export const SIGNATURE_LENGTH = 128;

const SIGN = 0x80000000;

const { xors, factors } = permutations();

/**
 * MinHash of a shingle set (Broder, 1997): the share of equal places of two signatures estimates
 * the Jaccard similarity of their sets. 128 unsigned 32-bit numbers; the same on every machine.
 */
export function minHash(shingles: Uint32Array): Uint32Array {
  const signature = new Uint32Array(SIGNATURE_LENGTH);
  for (let place = 0; place < SIGNATURE_LENGTH; place++) {
    const xor = xors[place]!;
    const factor = factors[place]!;
    // With the sign bit flipped, signed numbers have the order of unsigned ones, and V8 keeps them
    // in registers.
    let least = 0x7fffffff;
    for (let at = 0; at < shingles.length; at++) {
      const product = Math.imul(shingles[at]! ^ xor, factor);
      const hash = product ^ (product >>> 15) ^ SIGN;
      if (hash < least) least = hash;
    }
    signature[place] = least ^ SIGN;
  }
  return signature;
}

/** The MinHash of the union of sets, from theirs. */
export function minHashOfUnion(signatures: readonly Uint32Array[]): Uint32Array {
  const least = new Uint32Array(SIGNATURE_LENGTH).fill(0xffffffff);
  for (const signature of signatures) {
    for (let place = 0; place < SIGNATURE_LENGTH; place++) {
      if (signature[place]! < least[place]!) least[place] = signature[place]!;
    }
  }
  return least;
}

/** Two streams of splitmix32 from fixed seeds; the factors are odd, so that they are one-to-one. */
function permutations() {
  const next = splitmix32(0x6d616573);
  const xors = Uint32Array.from({ length: SIGNATURE_LENGTH }, next);
  const factors = Uint32Array.from({ length: SIGNATURE_LENGTH }, () => next() | 1);
  return { xors, factors };
}

function splitmix32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let value = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    value = Math.imul(value ^ (value >>> 15), 0x735a2d97);
    return (value ^ (value >>> 15)) >>> 0;
  };
}
