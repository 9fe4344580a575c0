import { z } from "zod";
import { Reading } from "../../../shared/enrichment/reading.ts";
import { PageReading } from "../../../shared/knowledge/page-reading.ts";
import { ApiError } from "../api-error.ts";
import { imageError } from "./check-image.ts";

/** The name under which the reader is served. */
export const READER_MODEL = "tesseract-eng";

const InputText = z.looseObject({ type: z.literal("input_text"), text: z.string() });
const InputImage = z.looseObject({ type: z.literal("input_image"), image_url: z.string() });
const Message = z.looseObject({
  role: z.enum(["user", "system", "developer"]),
  content: z.union([
    z.string(),
    z.array(z.discriminatedUnion("type", [InputText, InputImage])),
  ]),
});

/** What is used of the body of `POST /v1/responses`; the rest (reasoning, store, …) changes nothing. */
export const ResponsesRequest = z.looseObject({
  model: z.string().min(1),
  input: z.array(Message).min(1),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  background: z.literal(false).nullish(),
  tools: z.array(z.unknown()).max(0, "this model has no tools").nullish(),
  text: z.looseObject({
    format: z.discriminatedUnion("type", [
      z.looseObject({ type: z.literal("text") }),
      z.looseObject({
        type: z.literal("json_schema"),
        name: z.string(),
        schema: z.looseObject({ properties: z.record(z.string(), z.unknown()) }),
      }),
    ]).optional(),
  }).nullish(),
});

/** What an image says, as a drawing and as a page of a document. */
export const ImageAnswer = z.strictObject({ drawing: Reading, page: PageReading });
export type ImageAnswer = z.output<typeof ImageAnswer>;

/** One image to read. */
export interface ReadRequest {
  model: string;
  instructions: string | null;
  png: Uint8Array<ArrayBuffer>;
  isStream: boolean;
  /** In which of the two schemas the answer is asked for. */
  subject: keyof ImageAnswer;
  /** The answer's format as it was asked for, which a response repeats; undefined for plain text. */
  format: { type: "json_schema"; name: string; [key: string]: unknown } | undefined;
}

/**
 * Throws `ApiError` 400 for a body that is no request with one image as a data URL, or asks for
 * other schemas than those of a drawing and of a page, which this model speaks; 404 for another model.
 * Texts are read by nobody: the reader follows no instructions.
 */
export function parseResponsesRequest(body: unknown): ReadRequest {
  const parsed = ResponsesRequest.safeParse(body);
  if (!parsed.success) throw toApiError(parsed.error);
  const { model, input, instructions, text, stream } = parsed.data;
  if (model !== READER_MODEL) {
    throw new ApiError(404, `The model '${model}' does not exist; ${READER_MODEL} does.`, {
      param: "model",
      code: "model_not_found",
    });
  }
  const format = text?.format?.type === "json_schema" ? text.format : undefined;
  const subject = format ? findSubject(format.schema.properties) : "page";
  if (!subject) {
    throw new ApiError(400, `${READER_MODEL} answers in the schemas of a drawing and of a page.`, {
      param: "text.format.schema",
      code: "invalid_json_schema",
    });
  }
  const images = input.flatMap(({ content }) => typeof content === "string" ? [] : content)
    .flatMap((part) => part.type === "input_image" ? part.image_url : []);
  if (images.length !== 1) {
    throw imageError("invalid_image", `${READER_MODEL} reads one image, not ${images.length}.`);
  }
  return {
    model,
    instructions: instructions ?? null,
    png: toBytes(images[0]!),
    isStream: stream ?? false,
    subject,
    format,
  };
}

/** By the names of the schema's fields. */
function findSubject(properties: Record<string, unknown>): keyof ImageAnswer | undefined {
  const isOf = (fields: object) =>
    Object.keys(properties).toSorted().join() === Object.keys(fields).toSorted().join();
  if (isOf(Reading.shape)) return "drawing";
  return isOf(PageReading.shape) ? "page" : undefined;
}

/** Nothing is fetched: an address would make this server ask others on a caller's behalf. */
function toBytes(url: string): Uint8Array<ArrayBuffer> {
  const found = url.match(/^data:image\/[a-z0-9.+-]{1,40};base64,/i);
  if (!found) throw imageError("invalid_image_url", "image_url is no data URL of an image.");
  try {
    return Uint8Array.fromBase64(url.slice(found[0].length));
  } catch (cause) {
    throw new ApiError(400, "The image is not in base64.", {
      param: "input",
      code: "invalid_base64_image",
      cause,
    });
  }
}

function toApiError(error: z.ZodError): ApiError {
  const issue = error.issues[0];
  const path = issue?.path ?? [];
  const where = path.length > 0 ? `Invalid '${z.core.toDotPath(path)}': ` : "Invalid body: ";
  return new ApiError(400, where + (issue?.message ?? error.message), {
    param: path[0] === undefined ? null : String(path[0]),
    cause: error,
  });
}
