import { readJson } from "../read-json.ts";
import type { Call } from "../serve.ts";
import { checkImage } from "./check-image.ts";
import type { Reader } from "./reader.ts";
import { responsesAnswer } from "./responses-answer.ts";
import { parseResponsesRequest } from "./responses-request.ts";

/** An image of 20 MiB in base64, and the prompt. */
const maxBodyBytes = 30 * 1024 * 1024;

/** `POST /v1/responses`: reads one image. Throws `ApiError` for what it cannot read. */
export async function createResponse(call: Call, reader: Reader): Promise<Response> {
  const request = parseResponsesRequest(await readJson(call.body, maxBodyBytes));
  const size = checkImage(request.png);
  return responsesAnswer(request, await reader.read(request.png, call.signal), size);
}
