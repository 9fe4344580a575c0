import type { Reading } from "../../../../shared/enrichment/reading.ts";

/** Number of a section in MasterFormat, as it has been since 2004: 08 11 13, 07 92 00.13. */
const six = String.raw`\d{2}[ .-]\d{2}[ .-]\d{2}(?:\.\d{2,4})?`;
/** Before 2004, or without spaces; taken for a section only after the word. */
const plain = String.raw`\d{6}(?:\.\d{2})?|\d{5}`;
const named = new RegExp(
  String.raw`\b(?:(?:SPEC(?:IFICATION)?S?\.?\s+)?(?:SECTION|SECT\.?)|SPEC(?:IFICATION)?S?\.?)\s+` +
    String.raw`(?:NO\.?\s*)?(${six}|${plain})(?![\d/-])`,
  "gi",
);
const bare = /(?<![\w./'"-]|\d )(\d{2} \d{2} \d{2}(?:\.\d{2,4})?)(?! ?[\d/-]|["'])/g;
const standards = [
  /\b(?:ASTM|ANSI|ASME|AWS|UL|NFPA|AISC|ACI|ICC|FM|ASCE|SDI|AAMA|SMACNA|ISO|EN|DIN)\s+(?:[A-Z]{0,2}\d[\w.]*(?:[-/][\w.]+)*|[A-Z]\d+[\w./-]*)/g,
  /\bFEDERAL SPECIFICATION\s+[A-Z0-9]+(?:-[A-Z0-9]+)*/gi,
];

/** Sections of the specification and standards that a text names, in the order of the text. */
export function findSpecCallouts(text: string): Reading["spec_callouts"] {
  const found = new Map<number, Reading["spec_callouts"][number]>();
  for (const match of text.matchAll(named)) {
    found.set(match.index, { text: match[0], section: toSection(match[1]!) });
  }
  for (const match of text.matchAll(bare)) {
    const isNamed = [...found].some(([at, { text }]) =>
      match.index >= at && match.index < at + text.length
    );
    if (!isNamed) found.set(match.index, { text: match[0], section: toSection(match[1]!) });
  }
  for (const match of standards.flatMap((standard) => [...text.matchAll(standard)])) {
    found.set(match.index, { text: match[0].replace(/[.,]+$/, ""), section: null });
  }
  return [...found].sort(([a], [b]) => a - b).map(([, callout]) => callout);
}

/** In pairs of digits, as MasterFormat writes them. */
function toSection(written: string): string {
  const [digits, extra] = written.replace(/(?<=\d)[ -](?=\d)/g, "").split(/\.(?=\d+$)/);
  const pairs = digits!.length === 6 ? digits!.replace(/(\d{2})(?=\d)/g, "$1 ") : digits!;
  return extra === undefined ? pairs : `${pairs}.${extra}`;
}
