import type { CrossReference } from "../../../../shared/enrichment/reading.ts";

type Kind = CrossReference["kind"];
type Groups = Record<string, string | undefined>;

/** Sheets as drawing sets number them: A-101, S501, AD-2.1, M3.02. */
const sheet = String.raw`(?<sheet>[A-Z]{1,3}-?\d{1,4}(?:\.\d{1,3})?[A-Z]?)`;
/** After a slash a sheet's number follows, which begins with a letter: a 5 there was an S. */
const slashed = sheet.replace("[A-Z]{1,3}-?", "(?:[A-Z]{1,3}-?|5-(?=\\d{3}))");
const mark = String.raw`(?<detail>\d{1,3}[A-Z]?|[A-Z]\d{0,2})`;
/** Details of a library by section: 08 11 13-01, SD081113-01; with O where a 0 was misread. */
const library = String
  .raw`(?<detail>(?:SD[ -]?)?[\dO]{2} ?[\dO]{2} ?[\dO]{2}(?:\.\d{2})? ?- ?[\dO]{1,3}[A-Z]?)`;
const what = String
  .raw`(?<what>DETAILS?|DTLS?\.?|DET\.?|SECTIONS?|SECT?\.?|ELEVATIONS?|ELEV\.?)`;
const toward = String.raw`\b(?:SEE(?: ALSO)?|REFER TO|REF\.?|PER|SIM(?:ILAR|\.)?(?: TO)?)`;
const before = String.raw`(?:(?:${toward}|\bAS SHOWN ON|\bON|\bIN|\bAND|&) )?`;
const sheetWord = String.raw`(?:SHEETS?|SHTS?\.?|DWGS?\.?|DRAWINGS?|PLANS?)(?: NO\.?| NUMBER)?`;
const start = String.raw`(?<![\w/.-])`;
const end = String.raw`(?![\w/]|-\w|\.\d|["'])`;

const both = ({ what, sheet, detail }: Groups) =>
  reference(kindOf(what), sheet?.replace(/^5-/, "S-"), detail);
const wholeSheet = ({ sheet }: Groups) => reference("sheet", sheet);

const rules: [string, (groups: Groups) => Omit<CrossReference, "raw">][] = [
  // SEE DETAIL 3/S-501, A/A101
  [`${before}(?:\\b${what} )?${start}${mark} ?/ ?${slashed}${end}`, both],
  // DETAIL 3 ON SHEET S-501
  [
    `${before}\\b${what} (?:NO\\.? ?|# ?)?${mark},? (?:ON|OF|AT|IN) (?:${sheetWord} )?${sheet}${end}`,
    both,
  ],
  // PER STD DTL 08 11 13-01
  [
    `${before}(?:\\b(?:STD\\.?|STANDARD|CADD?) )?(?:\\b${what} )?(?:NO\\.?:? ?)?${start}${library}${end}`,
    ({ what, detail = "" }) =>
      reference(kindOf(what), undefined, detail.replace(/ ?- ?/, "-").replaceAll("O", "0")),
  ],
  // SEE SHEET A-101, DWG NO. A-101
  [`${before}\\b${sheetWord} ${sheet}${end}`, wholeSheet],
  //
  [`${toward} (?<sheet>[A-Z]{1,3}-\\d{3}(?:\\.\\d{1,3})?)${end}`, wholeSheet],
  // SEE DETAIL C
  [`${toward} ${what} ${mark}${end}`, both],
  // SEE DOOR SCHEDULE
  [
    `${toward} (?:[A-Z]+\\.? ){0,2}(?:SCHEDULE|SCHED\\.?)(?!\\w)`,
    () => reference("schedule"),
  ],
  // SEE ARCH. DETAILS
  [
    `${toward} (?:[A-Z]+\\.? ){1,2}(?:DRAWINGS|DWGS\\.?|DETAILS|DTLS\\.?|PLANS)(?!\\w)`,
    () => reference("other"),
  ],
];
const compiled = rules.map(([pattern, read]) => ({ pattern: new RegExp(pattern, "g"), read }));

/**
 * What a text refers to: sheets, details of sheets, details of a library, schedules. An earlier
 * rule says more than a later one, and what it took is not read again. A target is told once.
 */
export function findReferences(text: string): CrossReference[] {
  // Letter for letter, so that places in it are places in the text.
  let rest = text.replace(/[a-z]/g, (letter) => letter.toUpperCase()).replace(/\s/g, " ");
  const found: (CrossReference & { at: number })[] = [];
  for (const { pattern, read } of compiled) {
    for (const match of rest.matchAll(pattern)) {
      const [taken] = match;
      const raw = text.slice(match.index, match.index + taken.length).trim();
      found.push({ ...read(match.groups ?? {}), raw, at: match.index });
      rest = rest.slice(0, match.index) + "\0".repeat(taken.length) +
        rest.slice(match.index + taken.length);
    }
  }
  const told = new Map<string, CrossReference>();
  for (const { kind, sheet, detail, raw } of found.toSorted((a, b) => a.at - b.at)) {
    const target = sheet ?? detail ? JSON.stringify([kind, sheet, detail]) : raw.toUpperCase();
    if (!told.has(target)) told.set(target, { kind, sheet, detail, raw });
  }
  return [...told.values()];
}

function reference(kind: Kind, sheet?: string, detail?: string): Omit<CrossReference, "raw"> {
  return { kind, sheet: sheet ?? null, detail: detail ?? null };
}

function kindOf(what = ""): Kind {
  if (what.startsWith("SEC")) return "section";
  return what.startsWith("ELEV") ? "elevation" : "detail";
}
