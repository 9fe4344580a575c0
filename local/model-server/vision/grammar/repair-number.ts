const digitFor: Record<string, string> = {
  O: "0",
  Q: "0",
  D: "0",
  I: "1",
  L: "1",
  S: "5",
  B: "8",
  Z: "2",
};
/** Of CAD files; D and G are taken for what looks like them. */
const file = /[ .,]+(?:[DO0][WV][G6C]|[DO0]GN|[DO0]XF|P[DO0]F|RVT)\.?$/i;
const shape = /^([A-Z]*?)([OQ]?(?=[\dOQ])[\dOQDILSBZ][\dOQDILSBZ .-]*)$/i;

/**
 * The number of a sheet or detail as it was meant: without the ending of its file, and with digits
 * where letters were read for them (SDO81113-O1 is SD081113-01). The leading letters stay, and so
 * does what has more letters than digits.
 */
export function repairNumber(read: string): string {
  const written = read.trim().replace(file, "").replace(/\s*-\s*/g, "-").replace(/[.,:;]+$/, "");
  const [, letters = "", numbers = ""] = written.match(shape) ?? [];
  const signs = numbers.replace(/[ .-]/g, "");
  if (signs === "" || signs.replace(/\D/g, "").length < signs.length / 2) return written;
  // Section numbers have six digits; a slashed zero is read twice now and then, as 0 and O.
  const six = numbers.replace(/^(?=[^-]{7}-)([^-]*?)(?:0O|O0)/i, (_, before) => `${before}0`);
  return letters + six.replace(/[OQDILSBZ]/gi, (letter) => digitFor[letter.toUpperCase()]!);
}
