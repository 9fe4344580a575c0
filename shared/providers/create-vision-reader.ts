import { z } from "zod";
import { parseEnv } from "../parse-env.ts";
import { ProviderError } from "./provider-error.ts";
import type { VisionReader } from "./vision-reader.ts";

const VisionEnv = z.object({
  PASS2_PROVIDER: z.enum(["openai", "gemini"]).default("openai"),
  PASS2_MODEL: z.string().optional(),
  PASS2_BASE_URL: z.url({ protocol: /^https?$/ }).optional(),
  PASS2_API_KEY: z.string().optional(),
  OPENAI_API_KEY: z.string().optional(),
  GEMINI_API_KEY: z.string().optional(),
});

const defaultModels = { openai: "gpt-5", gemini: "gemini-3-pro-preview" };

/**
 * Makes the vision reader that the environment names, when it is first needed: nobody who reads no
 * drawings has to have a key. The libraries are loaded then, too. Throws with the name of the
 * variable that is wrong.
 */
export function createVisionReader(
  environment: Record<string, string>,
): () => Promise<VisionReader> {
  let reader: Promise<VisionReader> | undefined;
  return () =>
    reader ??= load(environment).catch((error) => {
      reader = undefined;
      throw error;
    });
}

/**
 * What the environment says of the vision provider. Throws with the name of the variable that is
 * wrong; a `ProviderError` when there is no key.
 */
export function readVisionOptions(
  environment: Record<string, string>,
): { provider: "openai" | "gemini"; model: string; baseUrl?: string; apiKey: string } {
  const env = parseEnv(VisionEnv, environment);
  const provider = env.PASS2_PROVIDER;
  const ownKey = provider === "gemini" ? env.GEMINI_API_KEY : env.OPENAI_API_KEY;
  const apiKey = env.PASS2_API_KEY ?? ownKey ?? (env.PASS2_BASE_URL && "none");
  if (!apiKey) {
    // As with a wrong key: crops wait for a person, who puts it right.
    throw new ProviderError("PASS2_API_KEY is not set", { refusal: "unauthorized" });
  }
  const model = env.PASS2_MODEL ?? defaultModels[provider];
  return { provider, model, baseUrl: env.PASS2_BASE_URL, apiKey };
}

async function load(environment: Record<string, string>): Promise<VisionReader> {
  const { provider, ...options } = readVisionOptions(environment);
  if (provider === "gemini") {
    const { createGeminiVision } = await import("./gemini-vision.ts");
    return createGeminiVision(options);
  }
  const { createOpenAiVision } = await import("./openai-vision.ts");
  return createOpenAiVision(options);
}
