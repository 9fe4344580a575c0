import type { Reading } from "../../../../shared/enrichment/reading.ts";

type Dimension = Reading["dimensions"][number];

const number = String.raw`\d+(?:[.,]\d+)?`;
const fraction = String.raw`(?:\d+[ -])?\d+/\d+`;
const inches = String.raw`(?:${fraction}|${number})\s?(?:"|''|IN\.(?!\w)|IN\b|INCH(?:ES)?\b)`;
const feet = String.raw`${number}\s?(?:'(?!')|FT\.?(?!\w)|FEET\b|FOOT\b)`;
const feetInches = String.raw`${feet}\s?-?\s?(?:${fraction}|${number})\s?(?:"|'')`;
const metric = String.raw`${number}\s?(?:mm|cm|m)[²2³3]?(?![\p{L}\p{N}])`;
const degrees = String.raw`${number}\s?(?:°|DEG(?:REES?|\.)?(?!\w))`;
const measure = `(?:${feetInches}|${feet}|${inches}|${metric}|${degrees})`;
/** A size of two or three measures; where the unit is written once, at the end. */
const sides = String.raw`(?:(?:${measure}|${fraction}|${number})\s?[x/]\s?){0,2}`;
const qualifier = String.raw`(?:\s?(?:±|\+/-|MIN\b|MAX\b|O\.?\s?C\b|TYP\b|DIA\b|CLR\b|EQ\b)\.?)*`;
const pattern = new RegExp(String.raw`(?<![\w./'"-])[+±]?${sides}${measure}${qualifier}`, "giu");

/**
 * The dimensions in a text, as written, in the order in which they stand: feet and inches with
 * fractions, millimetres to metres, degrees, and what belongs to them (x, MIN., O.C., ±).
 */
export function findDimensions(text: string): { text: string; unit: Dimension["unit"] }[] {
  return [...text.matchAll(pattern)].map(([found]) => ({
    text: found.trim(),
    unit: unitOf(found),
  }));
}

function unitOf(text: string): Dimension["unit"] {
  if (/[mM]\s?[²2³3]/.test(text)) return "other";
  if (/°|deg/i.test(text)) return "deg";
  const metric = text.match(/\d\s?(mm|cm|m)(?![\p{L}\p{N}])/iu)?.[1]?.toLowerCase();
  if (metric === "mm" || metric === "cm" || metric === "m") return metric;
  const hasInches = /["]|''|\bIN(?:CH(?:ES)?)?\b|\dIN\b/i.test(text);
  const hasFeet = /\d\s?'(?!')|FT|FEET|FOOT/i.test(text);
  if (hasFeet && hasInches) return "ft-in";
  return hasFeet ? "ft" : hasInches ? "in" : "other";
}
