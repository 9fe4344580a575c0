import fc from "fast-check";

const word = fc.oneof(
  { weight: 8, arbitrary: fc.stringMatching(/^[a-z]{1,12}$/) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("Dr.", "3.14", "潮位計を毎週点検する。", "เดินทาง", "👩‍🚒"),
  },
  { weight: 1, arbitrary: fc.constantFrom("`#`", "|", "<|endoftext|>", "**b**", "\\", "-", "1.") },
  { weight: 1, arbitrary: fc.nat(400).map((length) => "x".repeat(length)) },
);
const sentence = fc.array(word, { minLength: 1, maxLength: 30 })
  .map((words) => `${words.join(" ")}. `);
const paragraph = fc.array(sentence, { minLength: 1, maxLength: 12 })
  .map((sentences) => sentences.join(""));
const wrapped = paragraph.map((text) => text.replaceAll(" a", "\na"));

const heading = fc.tuple(fc.integer({ min: 1, max: 7 }), fc.array(word, { maxLength: 4 }))
  .map(([level, words]) => `${"#".repeat(level)} ${words.join(" ")}`);
const underlined = fc.tuple(sentence, fc.constantFrom("===", "---", "-", "= ="))
  .map(([text, line]) => `${text}\n${line}`);
const list = fc.array(
  fc.tuple(fc.nat(6), fc.constantFrom("- ", "* ", "1. ", "12) ", "+ "), sentence),
  { minLength: 1, maxLength: 12 },
).map((items) =>
  items.map(([depth, marker, text]) => " ".repeat(2 * depth) + marker + text).join("\n")
);
const code = fc.tuple(
  fc.constantFrom("```", "~~~~", "```ts", "<!-- "),
  fc.array(fc.oneof(sentence, fc.constant("# no heading"), fc.constant("")), { maxLength: 12 }),
  fc.constantFrom("```", "~~~~", "-->", ""),
).map(([open, lines, close]) => [open, ...lines, close].join("\n"));
const table = fc.array(fc.tuple(word, sentence), { minLength: 1, maxLength: 12 })
  .map((rows) => ["| a | b |", "|---|:-:|", ...rows.map(([a, b]) => `| ${a} | ${b} |`)].join("\n"));
// As long as the stretches that the chunker cuts, so that white space after it begins a new one.
const run = fc.tuple(fc.constantFrom("x", "潮", "é"), fc.integer({ min: 1, max: 24 }))
  .map(([unit, count]) => unit.repeat(32 * count));
const noise = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.constantFrom("---", "***", "> quoted\n> # quoted", "    # indented", "---\nkey: value\n---"),
);
const gap = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("\n\n", "\n", "\r\n\r\n", "\r", " \n\t\n", "\u2029") },
  { weight: 1, arbitrary: fc.nat(300).map((length) => "\n".repeat(length)) },
  { weight: 1, arbitrary: fc.nat(300).map((length) => " ".repeat(length)) },
);
const block = fc.oneof(heading, underlined, paragraph, wrapped, list, code, table, run, noise);

/** Documents of every construct that the chunker knows, well formed or not, with odd white space. */
export const markdownDocument: fc.Arbitrary<string> = fc.tuple(
  gap,
  fc.array(fc.tuple(block, gap), { maxLength: 14 }),
).map(([before, blocks]) => before + blocks.map(([block, gap]) => block + gap).join(""));

/** Strings without any structure: all of Unicode, lone surrogates, runs of white space. */
export const anyText: fc.Arbitrary<string> = fc.array(
  fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.string({ unit: fc.constantFrom(" ", "\n", "\t", "\u3000", "a", "#"), maxLength: 200 }),
    fc.string({ unit: fc.constantFrom("\ud83d", "\udc69", "\u200d", "e\u0301", "\u0301", "👩‍🚒") }),
    fc.tuple(fc.constantFrom("\u0301", "潮", "𓂀", "\ud800", "=", " ", "👩\u200d"), fc.nat(900))
      .map(([unit, count]) => unit.repeat(count)),
  ),
  { maxLength: 8 },
).map((pieces) => pieces.join(""));
