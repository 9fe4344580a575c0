import { cleanText } from "./clean-text.ts";

/** Steps from the root of a JSON document to one of its values. */
export type JsonPath = readonly PropertyKey[];

/** Writes a path as a person would: `training_pairs[3].conversation_history[0].content`. */
export function formatPath(path: JsonPath): string {
  if (path.length === 0) return "(root)";
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    const name = cleanText(String(step), 80);
    if (!/^[A-Za-z_]\w*$/.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text === "" ? name : `${text}.${name}`;
  }, "");
}
