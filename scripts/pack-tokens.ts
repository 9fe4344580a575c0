import cl100kRanks from "gpt-tokenizer/bpeRanks/cl100k_base";
import o200kRanks from "gpt-tokenizer/bpeRanks/o200k_base";

const help = `Usage: npm run tokens

Writes shared/tokens/cl100k-base.ts and o200k-base.ts from the tables of gpt-tokenizer, as
shared/tokens/unpack-tokens.ts reads them.`;

if (Deno.args.includes("--help")) {
  console.log(help);
  Deno.exit(0);
}

const tables = [
  { name: "cl100kBase", file: "cl100k-base.ts", ranks: cl100kRanks },
  { name: "o200kBase", file: "o200k-base.ts", ranks: o200kRanks },
];

for (const { name, file, ranks } of tables) {
  await Deno.writeTextFile(
    new URL(`../shared/tokens/${file}`, import.meta.url),
    `/** Made by scripts/pack-tokens.ts: the tokens of an encoding, see \`unpackTokens\`. */\n` +
      `export const ${name} =\n  "${pack(ranks)}";\n`,
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
