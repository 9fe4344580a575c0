import { aReading, openAiAnswer, type VisionServer } from "./vision-server.ts";

/** Has the provider read crops after a while, and counts how many it was reading at once. */
export function countAtOnce(vision: VisionServer, milliseconds: number): { most: number } {
  const seen = { most: 0 };
  let open = 0;
  vision.answer = async () => {
    seen.most = Math.max(seen.most, ++open);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    open--;
    return openAiAnswer(JSON.stringify(aReading));
  };
  return seen;
}
