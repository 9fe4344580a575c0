/** The tiers of contract §3; null for a conversation without a score. */
export type QualityTier = "seed_dataset" | "production" | "experimental" | "rejected";

/**
 * `≥ 4.5 seed_dataset, ≥ 3.5 production, ≥ 2.5 experimental, else rejected`. The score is first
 * rounded to nine decimals, so that a mean of 3.4999999999999996 is the 3.5 that it stands for.
 */
export function qualityTier(score: number | null): QualityTier | null {
  if (score === null) return null;
  const rounded = Math.round(score * 1e9) / 1e9;
  if (rounded >= 4.5) return "seed_dataset";
  if (rounded >= 3.5) return "production";
  return rounded >= 2.5 ? "experimental" : "rejected";
}
