/**
 * Shannon entropy over the greatest possible, 0–1: 1 if all categories are equally full, 0 if
 * there are fewer than two. Empty categories count; that is how a gap shows.
 */
export function normalisedEntropy(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (counts.length < 2 || total === 0) return 0;
  const entropy = counts.reduce((sum, count) => {
    const share = count / total;
    return share === 0 ? sum : sum - share * Math.log(share);
  }, 0);
  return entropy / Math.log(counts.length);
}
