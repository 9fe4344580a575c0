import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type Chunk, chunkDocument } from "../../../shared/knowledge/chunk-document.ts";
import { extractText } from "../../../shared/knowledge/extract-text.ts";

const samples = new URL("../../../samples/", import.meta.url);
const Question = z.strictObject({
  question: z.string().min(1),
  document: z.string().min(1),
  answer: z.string().min(1),
});
const questions = z.array(Question).parse(
  JSON.parse(await Deno.readTextFile(new URL("questions.json", samples))),
);
const documents = new Map<string, Chunk[]>();
for await (const { name } of Deno.readDir(new URL("documents/", samples))) {
  const bytes = await Deno.readFile(new URL(`documents/${name}`, samples));
  const mimeType = name.endsWith(".md") ? "text/markdown" : "text/plain";
  const { text, format } = await extractText(bytes, mimeType);
  documents.set(name, chunkDocument(text, { format }));
}

function passages({ document, answer }: z.output<typeof Question>): Chunk[] {
  return documents.get(document)?.filter(({ content }) => content.includes(answer)) ?? [];
}

/** First five letters of each word of more than three: coarser than any stemmer. */
function stems(text: string): Set<string> {
  const words = text.toLowerCase().match(/\p{L}{4,}/gu) ?? [];
  return new Set(words.map((word) => word.slice(0, 5)));
}

describe("samples", () => {
  test("there are eight documents, and every chunk stands under a heading", () => {
    expect(documents.size).toBe(8);
    for (const chunks of documents.values()) {
      expect(chunks.length).toBeGreaterThan(5);
      const bare = chunks.filter(({ headingPath }) => headingPath.length === 0);
      expect(bare).toEqual([]);
    }
  });

  test.for(questions)("one passage holds the answer to $question", (question) => {
    expect(passages(question)).toHaveLength(1);
  });

  test("three of the five questions share no word with their passage", () => {
    const byMeaning = questions.filter((question) => {
      const [{ content, headingPath }] = passages(question) as [Chunk];
      const passage = stems([question.document, ...headingPath, content].join(" "));
      return stems(question.question).isDisjointFrom(passage);
    });

    expect(questions).toHaveLength(5);
    expect(byMeaning).toHaveLength(3);
  });
});
