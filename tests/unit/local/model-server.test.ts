import OpenAI, { APIError } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ENCODER_MODEL } from "../../../local/model-server/sentence-encoder.ts";
import { READER_MODEL } from "../../../local/model-server/vision/responses-request.ts";
import { splitWindows } from "../../../local/model-server/split-windows.ts";
import { ARGS, post, readLines, readReady, Ready, start } from "./support/model-server-process.ts";

const ErrorBody = z.strictObject({
  error: z.strictObject({
    message: z.string().min(1),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
});

let server: Deno.ChildProcess;
let url: string;
let client: OpenAI;

beforeAll(async () => {
  server = start();
  url = (await readReady(server)).url;
  client = new OpenAI({ baseURL: url, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await server.stdin.close();
  await server.status;
});

describe("the process", () => {
  test("listens on 127.0.0.1 and on no other address", async () => {
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    expect(await isListening(url)).toBe(true);
    expect(await isListening(url.replace("127.0.0.1", "127.0.0.2"))).toBe(false);
  });

  test("explains itself with --help and refuses what it does not know", async () => {
    const help = await new Deno.Command(Deno.execPath(), { args: [...ARGS, "--help"] }).output();
    const unknown = await new Deno.Command(Deno.execPath(), { args: [...ARGS, "--nope"] }).output();

    expect(help.code).toBe(0);
    expect(new TextDecoder().decode(help.stdout)).toContain("--port N");
    expect(unknown.code).toBe(2);
    expect(new TextDecoder().decode(unknown.stderr)).toContain("--nope");
  });

  test("says so and exits when its port is taken", async () => {
    const child = start(new URL(url).port, "piped");

    const { code, stdout, stderr } = await child.output();

    expect(code).toBe(1);
    expect(stdout.length).toBe(0);
    expect(new TextDecoder().decode(stderr)).toMatch(/address/i);
    await child.stdin.close().catch(() => {});
  });

  test.each(["SIGTERM", "SIGINT"] as const)("exits on %s", async (signal) => {
    const child = start();
    await readReady(child);

    child.kill(signal);

    expect(await child.status).toMatchObject({ code: 0 });
    await child.stdin.close().catch(() => {});
  });

  test("prints nothing but the line on standard output, and exits when standard input ends", async () => {
    const child = start();
    const lines = readLines(child);
    const ready = Ready.parse(JSON.parse((await lines.next()).value ?? ""));
    await post(ready.url, { model: ENCODER_MODEL, input: "a request before the end" });

    await child.stdin.close();

    expect(await child.status).toMatchObject({ code: 0 });
    expect((await lines.next()).done).toBe(true);
  });

  test("dies with a parent that is killed with SIGKILL", async () => {
    const code = `const child = new Deno.Command(Deno.execPath(), {
      args: ${JSON.stringify(ARGS)}, stdin: "piped", stdout: "inherit",
    }).spawn(); await child.status;`;
    const parent = new Deno.Command(Deno.execPath(), {
      args: ["eval", code],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const orphan = await readReady(parent);
    expect((await fetch(`${orphan.url}/models`)).ok).toBe(true);

    parent.kill("SIGKILL");
    await parent.status;

    await expect.poll(() => isListening(orphan.url), { timeout: 5000 }).toBe(false);
  });
});

describe("models", () => {
  test("list the encoder and the reader", async () => {
    const { data } = await client.models.list();

    expect(data.map((model) => model.id)).toEqual([ENCODER_MODEL, READER_MODEL]);
  });
});

describe("errors", () => {
  const request = { model: ENCODER_MODEL, input: "text" };
  test.each([
    ["an empty string", { ...request, input: "" }, "input"],
    ["an empty string among others", { ...request, input: ["a", ""] }, "input"],
    ["no strings", { ...request, input: [] }, "input"],
    ["2049 strings", { ...request, input: Array(2049).fill("a") }, "input"],
    ["a token array", { ...request, input: [1, 2] }, "input"],
    ["token arrays", { ...request, input: [[1, 2]] }, "input"],
    ["no input", { model: ENCODER_MODEL }, "input"],
    ["an input of more than 8192 tokens", { ...request, input: "word ".repeat(8193) }, "input"],
    [
      "more than 300000 tokens",
      { ...request, input: Array(38).fill("word ".repeat(8000)) },
      "input",
    ],
    ["fewer than 512 dimensions", { ...request, dimensions: 511 }, "dimensions"],
    ["half a dimension", { ...request, dimensions: 600.5 }, "dimensions"],
    ["an unknown format", { ...request, encoding_format: "hex" }, "encoding_format"],
    ["no model", { input: "text" }, "model"],
    ["an unknown argument", { ...request, inputs: "text" }, null],
    ["no object", ["text"], null],
  ])("400 for %s", async (_, body, param) => {
    const response = await post(url, body);

    expect(response.status).toBe(400);
    expect(ErrorBody.parse(await response.json()).error.param).toBe(param);
  });

  test("a token array is refused with its reason", async () => {
    const { error } = ErrorBody.parse(await (await post(url, { ...request, input: [1] })).json());

    expect(error.message).toContain("token array");
  });

  test("exactly 8192 tokens are not too many", () => {
    const countTokens = (word: string) => word === "two" ? 2 : 1;
    const text = "word ".repeat(8190) + "two";

    expect(splitWindows(text, countTokens, 8192)?.length).toBeGreaterThan(63);
    expect(splitWindows(text + " more", countTokens, 8192)).toBeUndefined();
  });

  test("404 model_not_found for another model, so no vector carries its name", async () => {
    const call = client.embeddings.create({ model: "text-embedding-3-small", input: "text" });

    const error = await call.catch((error: unknown) => error);

    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status: 404, code: "model_not_found" });
  });

  test.each([
    [400, "POST", "/embeddings", "{"],
    [400, "POST", "/embeddings", ""],
    [404, "GET", "/nothing", undefined],
    [404, "POST", "/constructor", "{}"],
    [405, "GET", "/embeddings", undefined],
    [405, "DELETE", "/models", undefined],
    [413, "POST", "/embeddings", " ".repeat(16 * 1024 * 1024 + 1)],
  ])("%i for %s %s", async (status, method, path, body) => {
    const response = await fetch(url + path, { method, body });

    expect(response.status).toBe(status);
    ErrorBody.parse(await response.json());
    expect(response.headers.has("allow")).toBe(status === 405);
  });

  test("413 for a long body that does not give its length", async () => {
    const response = await fetch(`${url}/embeddings`, { method: "POST", body: stream20MiB() });

    expect(response.status).toBe(413);
    await response.body?.cancel();
  });

  test("an answer to a body that was not read leaves the connection usable", async () => {
    for (const body of [stream20MiB(), new Uint8Array(20 * 1024 * 1024), stream20MiB()]) {
      const response = await fetch(`${url}/models`, { method: "POST", body });

      expect(response.status).toBe(405);
      ErrorBody.parse(await response.json());
    }
  });
});

function stream20MiB(): ReadableStream<Uint8Array> {
  return ReadableStream.from(Array.from({ length: 20 }, () => new Uint8Array(1024 * 1024)));
}

function isListening(base: string): Promise<boolean> {
  return fetch(`${base}/models`).then(async (response) => {
    await response.body?.cancel();
    return true;
  }, () => false);
}
