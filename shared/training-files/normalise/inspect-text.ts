/** A pattern that a text should not hold, with the words for the report. */
export interface TextSign {
  readonly code: "W16" | "W19";
  readonly message: string;
}

/** A text without any of these needs no closer look. */
const DAMAGE_HINT = /\[object|\{\{|[ÃÂâðï\uFFFD]/;

/** Every quantifier is bounded, so that no text makes a pattern slow. */
const DAMAGE: readonly [RegExp, string][] = [
  [/\[object Object\]/, "holds [object Object]"],
  [/\{\{\s{0,8}[\w.-]{1,80}\s{0,8}\}\}/, "holds an unreplaced {{placeholder}}"],
  [/[ÃÂ][\u0080-\u00BF]|â€|ðŸ|ï»¿|\uFFFD/, "holds mojibake"],
];

/** As above: all personal data here has an at sign or four digits within eight characters. */
const PERSONAL_HINT = /@|\d\D?\d\D?\d\D?\D?\d/;

const PERSONAL: readonly [RegExp, string][] = [
  [/[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}/, "an e-mail address"],
  [/\b\d{3}-\d{2}-\d{4}\b/, "a social security number"],
  [/(?<!\d)(?:\+\d{1,3}[ .-]?)?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?!\d)/, "a telephone number"],
  [/\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}\b/, "an IBAN"],
];

const CARD = /(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])/g;

/** Signs of a broken generator (W16): the text was not meant to look like this. */
export function findDamage(text: string): TextSign[] {
  if (!DAMAGE_HINT.test(text)) return [];
  return DAMAGE.flatMap(([pattern, message]) =>
    pattern.test(text) ? [{ code: "W16" as const, message }] : []
  );
}

/** Signs of a person's data (W19). The message names the kind and never the data. */
export function findPersonalData(text: string): TextSign[] {
  if (!PERSONAL_HINT.test(text)) return [];
  const kinds = PERSONAL.flatMap(([pattern, kind]) => (pattern.test(text) ? [kind] : []));
  if (text.match(CARD)?.some(passesLuhn)) kinds.push("a card number");
  return kinds.map((kind) => ({ code: "W19", message: `looks like it holds ${kind}` }));
}

/** ISO/IEC 7812-1, annex B. */
function passesLuhn(digits: string): boolean {
  const sum = [...digits.replaceAll(/\D/g, "")].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
