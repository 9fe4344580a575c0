/** How letters look, and who changed them when: most of the XML, and nothing of the text. */
const LOOKS = /<w:rPr>(?:(?!<\/?w:rPr)[^])*<\/w:rPr>| w:rsid\w*="[^"]*"|<w:proofErr [^<>]*\/>/g;

/** Holds words, of which mammoth reads none: what a field shows, words of the other direction. */
const HOLDERS = /<(\/?)w:(?:fldSimple|dir|bdo)(?=[\s/>])/g;

/** An alternative, and a drawing, with none of its kind inside. */
const ALTERNATIVE =
  /<mc:AlternateContent>(?:(?!<\/?mc:AlternateContent)[^])*?<\/mc:AlternateContent>/g;
const DRAWING = /<w:drawing>(?:(?!<\/?w:drawing)[^])*?<\/w:drawing>/g;
const TEXT_BOX = /<w:txbxContent>(?:(?!<\/?w:txbxContent)[^])*?<\/w:txbxContent>/g;

/** Parts of an equation; what ends in Pr says how it looks. */
const EQUATION = /<(\/?)m:(\w+)(?<!Pr)(?=[\s/>])/g;
const SIGNS: ReadonlyMap<string, string> = new Map([
  ["<m:sup>", "^"],
  ["<m:sub>", "_"],
  ["<m:den>", "/"],
  ["<m:d>", "("],
  ["</m:d>", ")"],
]);

/** XML of a Word document in which mammoth finds all words, and little else. */
export function simplifyWordXml(xml: string): string {
  return xml.replace(LOOKS, "")
    .replace(HOLDERS, "<$1w:smartTag")
    .replace(
      ALTERNATIVE,
      (content) =>
        content.includes("<mc:Fallback") ? content : content.replace(/<\/?mc:[^<>]*>/g, ""),
    )
    .replace(DRAWING, (drawing) => {
      const boxes = drawing.match(TEXT_BOX);
      return boxes ? `<w:pict>${boxes.join("")}</w:pict>` : drawing;
    })
    .replace(/<m:(?:sup|sub|den|d)>|<\/m:d>/g, (tag) => {
      const run = `<w:r><w:t>${SIGNS.get(tag)}</w:t></w:r>`;
      return tag.startsWith("</") ? `${run}${tag}` : `${tag}${run}`;
    })
    .replace(EQUATION, (_, slash, name) => `<${slash}w:${/^[rt]$/.test(name) ? name : "smartTag"}`);
}
