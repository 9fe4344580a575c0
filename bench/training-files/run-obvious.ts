import { createClient } from "@supabase/supabase-js";
import { z } from "zod";
import { measure } from "./measure.ts";

/**
 * The obvious implementation: download one after the other, put all into one object, stringify it,
 * join the lines, upload. No check, no hash, no report.
 */
const Input = z.object({
  ids: z.array(z.guid()),
  paths: z.array(z.string()),
  target: z.guid(),
});
const Conversation = z.looseObject({
  consultant_profile: z.unknown(),
  input_parameters: z.unknown(),
  training_pairs: z.array(z.looseObject({ target_response: z.string().nullable() })),
});

const [url, key] = Deno.args;
const client = createClient(url!, key!, { auth: { persistSession: false } });
await measure(async (input) => {
  const { ids, paths, target } = Input.parse(input);
  const conversations = [];
  for (const [index, path] of paths.entries()) {
    const { data, error } = await client.storage.from("conversation-files").download(path);
    if (error) throw error;
    const conversation = Conversation.parse(JSON.parse(await data.text()));
    conversations.push({ conversation_id: ids[index], ...conversation });
  }
  const pairs = conversations.flatMap(({ conversation_id, training_pairs }) =>
    training_pairs.filter((pair) => pair.target_response !== null)
      .map((pair) => ({ ...pair, conversation_id }))
  );
  const json = JSON.stringify({
    training_file_metadata: { version: "4.0.0", total_training_pairs: pairs.length },
    consultant_profile: conversations[0]?.consultant_profile,
    conversations: conversations.map(({ conversation_id, input_parameters, training_pairs }) => ({
      conversation_metadata: { conversation_id, scaffolding: input_parameters },
      training_pairs,
    })),
  });
  const jsonl = pairs.map((pair) => JSON.stringify(pair)).join("\n");
  for (
    const [name, text, contentType] of [
      ["training.json", json, "application/json"],
      ["training.jsonl", jsonl, "application/jsonl"],
    ] as const
  ) {
    const { error } = await client.storage.from("training-files")
      .upload(`${target}/${name}`, text, { contentType });
    if (error) throw error;
  }
});
