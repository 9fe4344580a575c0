import { encode } from "fast-png";
import { fileURLToPath } from "node:url";
import OpenAI, { APIError } from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type ChildProcess, startChild } from "../../../../local/child-process.ts";
import { ENCODER_MODEL } from "../../../../local/model-server/sentence-encoder.ts";
import { READER_MODEL } from "../../../../local/model-server/vision/responses-request.ts";
import { renderDrawing } from "../../../../scripts/support/render-drawing.ts";
import { cleanMarkdown } from "../../../../shared/enrichment/clean-markdown.ts";
import { cleanReading } from "../../../../shared/enrichment/clean-reading.ts";
import { buildPrompt } from "../../../../shared/enrichment/prompt.ts";
import { Reading } from "../../../../shared/enrichment/reading.ts";
import { buildPagePrompt } from "../../../../shared/knowledge/page-prompt.ts";
import { PageReading } from "../../../../shared/knowledge/page-reading.ts";
import { createOpenAiVision } from "../../../../shared/providers/openai-vision.ts";

const MAIN = fileURLToPath(new URL("../../../../local/model-server/main.ts", import.meta.url));
const TIMEOUT = 120_000;
/** A detail with a leader line, a turned dimension, a small table, and a title block. */
const drawing = `
  <rect x="10" y="10" width="980" height="780" fill="none" stroke="black" stroke-width="2"/>
  <path d="M60 150 H250 L290 200 H430 M100 220 V420 M90 220 H110 M90 420 H110" fill="none"
    stroke="black" stroke-width="3"/>
  <text x="480" y="110">ROOF DRAIN ANCHORED WITH FOUR</text>
  <text x="480" y="144">1/2" DIA. CLAMP BOLTS, 6" O.C.</text>
  <text x="480" y="178">SEE DETAIL 3/S-501</text>
  <text x="480" y="240">SEALANT, SECTION 07 92 00</text>
  <text x="84" y="380" transform="rotate(-90 84 380)">2'-6"</text>
  <text x="480" y="320">MARK</text><text x="620" y="320">SIZE</text>
  <text x="480" y="370">RD-1</text><text x="620" y="370">4 IN.</text>
  <text x="480" y="420">RD-2</text><text x="620" y="420">3 IN.</text>
  <text x="480" y="470">RD-3</text><text x="620" y="470">8 IN.</text>
  <path d="M10 640 H990 M10 720 H990" stroke="black" stroke-width="2"/>
  <text x="300" y="690">DETAIL TITLE: ROOF DRAIN ANCHORAGE</text>
  <text x="300" y="770">SCALE: NONE</text>
  <text x="580" y="770">DETAIL NO.: RD-101</text>`;

let server: ChildProcess;
let url: string;
let client: OpenAI;

beforeAll(async () => {
  server = await startChild("models", [MAIN]);
  ({ url } = z.object({ url: z.url() }).parse(server.ready));
  client = new OpenAI({ baseURL: url, apiKey: "any", maxRetries: 0, timeout: TIMEOUT });
});

afterAll(() => server.stop());

/** The drawing as PNG, turned by quarters clockwise, at a scale. */
function draw(quarters: number, scale = 1): Promise<Uint8Array> {
  const [width, height] = quarters % 2 ? [800, 1000] : [1000, 800];
  const move = [
    "",
    "translate(800 0) rotate(90)",
    "translate(1000 800) rotate(180)",
    "translate(0 1000) rotate(-90)",
  ];
  return renderDrawing(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width * scale}" height="${height * scale}"
      viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans" font-size="26">
      <rect width="${width}" height="${height}" fill="white"/>
      <g transform="${move[quarters]}">${drawing}</g></svg>`,
  );
}

function request(image: string | Uint8Array) {
  const image_url = typeof image === "string" ? image : `data:image/png;base64,${image.toBase64()}`;
  return {
    model: READER_MODEL,
    instructions: "Read the drawing.",
    input: [{
      role: "user" as const,
      content: [
        { type: "input_text" as const, text: "```json\n{}\n```" },
        { type: "input_image" as const, image_url, detail: "high" as const },
      ],
    }],
    text: { format: zodTextFormat(Reading, "reading") },
  };
}

async function read(image: Uint8Array): Promise<Reading> {
  const { output_parsed } = await client.responses.parse(request(image));
  if (!output_parsed) throw new Error("no reading");
  return output_parsed;
}

async function refusal(answer: Promise<unknown>): Promise<APIError> {
  const error = await answer.then(() => undefined, (error: unknown) => error);
  if (error instanceof APIError) return error;
  throw new Error("it was not refused", { cause: error });
}

describe("a drawing", () => {
  test.each([["upright", 0], ["turned to the right", 1], ["upside down", 2], [
    "turned to the left",
    3,
  ]])(
    "%s is read to its last dimension",
    async (_, quarters) => {
      const reading = await read(await draw(quarters));

      expect(reading.detail_title).toBe("ROOF DRAIN ANCHORAGE");
      expect(reading.detail_number).toBe("RD-101");
      expect(reading.cross_references).toEqual([
        { kind: "detail", sheet: "S-501", detail: "3", raw: "SEE DETAIL 3/S-501" },
      ]);
      expect(reading.dimensions.map(({ text }) => text)).toEqual(
        expect.arrayContaining(['1/2" DIA.', '6" O.C.', `2'-6"`]),
      );
      expect(reading.spec_callouts).toEqual([{ text: "SECTION 07 92 00", section: "07 92 00" }]);
      expect(reading.tables.map(({ rows }) => rows)).toEqual([
        [["MARK", "SIZE"], ["RD-1", "4 IN."], ["RD-2", "3 IN."], ["RD-3", "8 IN."]],
      ]);
      expect(reading.description).toContain("ROOF DRAIN ANCHORED WITH FOUR");
    },
    TIMEOUT,
  );

  test.each([0.45, 3])("at %d times its size is read as well", async (scale) => {
    const reading = await read(await draw(0, scale));

    expect(reading.detail_title).toBe("ROOF DRAIN ANCHORAGE");
    expect(reading.cross_references).toMatchObject([{ sheet: "S-501", detail: "3" }]);
  }, TIMEOUT);

  test("without any text gives an empty reading", async () => {
    const blank = encode({
      width: 64,
      height: 64,
      channels: 1,
      data: new Uint8Array(4096).fill(255),
    });

    expect(await read(blank)).toMatchObject({ description: "", detail_number: null, tables: [] });
  }, TIMEOUT);

  test("is answered as a whole response, with its usage", async () => {
    const response = await client.responses.create(request(await draw(0)));

    expect(response).toMatchObject({
      object: "response",
      status: "completed",
      error: null,
      model: READER_MODEL,
      output: [{ type: "message", role: "assistant", content: [{ type: "output_text" }] }],
    });
    expect(response.usage?.input_tokens).toBe(32 * 25);
    expect(response.usage?.total_tokens).toBe(800 + (response.usage?.output_tokens ?? NaN));
    expect(Reading.parse(JSON.parse(response.output_text)).detail_number).toBe("RD-101");
  }, TIMEOUT);
});

describe("reading", () => {
  test("is what the worker asks for, as a stream that ends with the whole response", async () => {
    const vision = createOpenAiVision({ model: READER_MODEL, baseUrl: url, apiKey: "any" });

    const { answer } = await vision.read({
      ...buildPrompt({ title: "", pageName: "", disciplineName: null, sheetReflection: null }),
      image: await draw(0),
      schema: Reading,
    });

    expect(answer.detail_number).toBe("RD-101");
    expect(cleanReading(answer)).toEqual(answer);
  }, TIMEOUT);

  test("is a plain transcript where a page of a document is asked for", async () => {
    const vision = createOpenAiVision({ model: READER_MODEL, baseUrl: url, apiKey: "any" });

    const { answer: { markdown } } = await vision.read({
      ...buildPagePrompt("Details", 1),
      image: await draw(0),
      schema: PageReading,
    });

    expect(markdown).toContain("ROOF DRAIN ANCHORED WITH FOUR");
    expect(markdown).toContain("| RD-1 | 4 IN. |");
    expect(markdown.match(/ROOF DRAIN ANCHORAGE/g)).toHaveLength(1);
    expect(cleanMarkdown(markdown, 60_000)).toBe(markdown);
  }, TIMEOUT);

  test("streams the events that the client library adds up", async () => {
    const stream = client.responses.stream(request(await draw(0)));

    const types = (await Array.fromAsync(stream)).map(({ type }) => type);

    expect(types[0]).toBe("response.created");
    expect(types.at(-1)).toBe("response.completed");
    expect((await stream.finalResponse()).output_parsed?.detail_number).toBe("RD-101");
  }, TIMEOUT);

  test("lets requests for vectors pass", async () => {
    let isRead = false;
    const reading = read(await draw(1, 2)).then(() => isRead = true);

    await client.embeddings.create({ model: ENCODER_MODEL, input: "a question" });

    expect(isRead).toBe(false);
    await reading;
  }, TIMEOUT);

  test("ends when the caller goes, and the next caller is answered", async () => {
    const gone = client.responses.create(request(await draw(0, 3)), {
      signal: AbortSignal.timeout(300),
    });
    await expect(gone).rejects.toThrow();

    expect((await read(await draw(0))).detail_number).toBe("RD-101");
  }, TIMEOUT);
});

describe("refused with 400", () => {
  const png = encode({ width: 16, height: 16, channels: 1, data: new Uint8Array(256).fill(255) });

  function withSize(width: number, height: number): Uint8Array {
    const large = png.slice();
    new DataView(large.buffer).setUint32(16, width);
    new DataView(large.buffer).setUint32(20, height);
    return large;
  }

  test.each([
    [
      "a JPEG image",
      Uint8Array.from([0xff, 0xd8, 0xff, ...new Uint8Array(99)]),
      "unsupported_image_media_type",
    ],
    ["a cut image", png.slice(0, png.length - 20), "image_parse_error"],
    ["a broken image", png.with(50, png[50]! ^ 255), "image_parse_error"],
    ["65,000 pixels on a side", withSize(65_000, 10), "image_too_large"],
    ["51 million pixels", withSize(8_500, 6_000), "image_too_large"],
    ["an image of nothing", withSize(0, 0), "image_too_small"],
    ["an address", "http://127.0.0.1:1/a.png", "invalid_image_url"],
    ["what is not base64", "data:image/png;base64,%%%", "invalid_base64_image"],
  ])("is %s", async (_, image, code) => {
    const error = await refusal(client.responses.create(request(image)));

    expect([error.status, error.param, error.code]).toEqual([400, "input", code]);
  });

  test("is a request without an image, with two, or for another schema", async () => {
    const [one] = request(png).input;
    const bodies = [
      { ...request(png), input: [{ role: "user" as const, content: "What is this?" }] },
      { ...request(png), input: [one!, one!] },
      { ...request(png), text: { format: zodTextFormat(z.object({ a: z.string() }), "other") } },
    ];

    const codes = await Promise.all(
      bodies.map(async (body) => (await refusal(client.responses.create(body))).code),
    );

    expect(codes).toEqual(["invalid_image", "invalid_image", "invalid_json_schema"]);
  });

  test("is a body without input; another model is 404", async () => {
    const none = await refusal(client.responses.create({ model: READER_MODEL }));
    const other = await refusal(client.responses.create({ ...request(png), model: "gpt-5" }));

    expect([none.status, none.param]).toEqual([400, "input"]);
    expect([other.status, other.code]).toEqual([404, "model_not_found"]);
  });
});
