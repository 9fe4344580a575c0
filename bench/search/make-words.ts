const syllables = ["ba", "der", "fin", "gol", "hu", "jam", "ke", "lor", "mi", "nos", "pel", "qua"];
const vocabularySize = 20_000;

/** Text of made-up words, whose frequencies fall as 1 / rank, as those of a language do. */
export function makeWords(random: () => number): (length: number) => string {
  const words = Array.from({ length: vocabularySize }, (_, rank) => spell(rank));
  const sums = new Float64Array(vocabularySize);
  let sum = 0;
  for (let rank = 0; rank < vocabularySize; rank++) sums[rank] = sum += 1 / (rank + 10);
  const draw = () => {
    const sought = random() * sum;
    let [low, high] = [0, vocabularySize - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < sought) low = middle + 1;
      else high = middle;
    }
    return words[low]!;
  };
  return (length) => Array.from({ length }, draw).join(" ");
}

function spell(rank: number): string {
  let word = "";
  for (let left = rank + 1; left > 0; left = Math.floor(left / syllables.length)) {
    word += syllables[left % syllables.length];
  }
  return `${word}x`;
}
