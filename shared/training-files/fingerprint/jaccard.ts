/** `|a ∩ b| / |a ∪ b|` of two ascending sets, 0–1; 0 if one is empty. */
export function jaccard(a: Uint32Array, b: Uint32Array): number {
  let left = 0;
  let right = 0;
  let common = 0;
  while (left < a.length && right < b.length) {
    const difference = (a[left] ?? 0) - (b[right] ?? 0);
    if (difference === 0) common++;
    if (difference <= 0) left++;
    if (difference >= 0) right++;
  }
  const union = a.length + b.length - common;
  return common === 0 ? 0 : common / union;
}
