/** The smallest and largest of several runs, in words. */
export function spreadOf(values: number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${show(least)} to ${show(most)} in ${values.length} runs`;
}

function show(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

/** The value that so many of a hundred do not exceed. */
export function percentile(values: number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * percent / 100) - 1)] ?? NaN;
}
