import cl100kRanks from "gpt-tokenizer/bpeRanks/cl100k_base";
import o200kRanks from "gpt-tokenizer/bpeRanks/o200k_base";
import {
  CL100K_TOKEN_SPLIT_REGEX,
  O200K_TOKEN_SPLIT_REGEX,
} from "gpt-tokenizer/encodingParams/constants";

const help = `Usage: npm run tokens

Writes shared/tokens/cl100k-base.ts and o200k-base.ts from the tables and patterns of
gpt-tokenizer, as shared/tokens/unpack-tokens.ts reads them.`;

if (Deno.args.includes("--help")) {
  console.log(help);
  Deno.exit(0);
}

const tables = [
  { name: "cl100k", ranks: cl100kRanks, pattern: CL100K_TOKEN_SPLIT_REGEX },
  { name: "o200k", ranks: o200kRanks, pattern: O200K_TOKEN_SPLIT_REGEX },
];

for (const { name, ranks, pattern } of tables) {
  await Deno.writeTextFile(
    new URL(`../shared/tokens/${name}-base.ts`, import.meta.url),
    `/** Made by scripts/pack-tokens.ts: the tokens of an encoding, see \`unpackTokens\`. */\n` +
      `export const ${name}Base =\n  "${pack(ranks)}";\n\n` +
      `/** The pieces that a text is cut into before they are counted. */\n` +
      `export const ${name}Pattern =\n  ${pattern};\n`,
  );
}

function pack(ranks: readonly (string | readonly number[])[]): string {
  const encoder = new TextEncoder();
  const tokens = ranks.map((token) =>
    typeof token === "string" ? encoder.encode(token) : Uint8Array.from(token)
  );
  const lengths = Uint8Array.from(tokens, (token) => token.length);
  const bytes = tokens.flatMap((token) => [...token]);
  return Uint8Array.from([...lengths, 0, ...bytes]).toBase64();
}
