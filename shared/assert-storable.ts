import { ApiError } from "./errors.ts";

/** Deeper values overflow the stack of whoever validates, writes or stores them recursively. */
const maxDepth = 64;

/**
 * Passes for what a request may bring. Throws INVALID_REQUEST for text that PostgreSQL cannot
 * store, key or value, and for nesting deeper than 64 levels.
 */
export function assertStorable(value: unknown): void {
  const problem = findProblem(value);
  if (!problem) return;
  throw new ApiError("INVALID_REQUEST", "The request is not valid", {
    // The path is made of keys that the caller chose.
    details: [{ path: problem.path.slice(0, 200), message: problem.message }],
  });
}

/** The first key or string that PostgreSQL refuses, or level that is too deep. Without recursion: depth is the caller's choice. */
function findProblem(root: unknown): { path: string; message: string } | null {
  const isUnstorable = (text: string) => text.includes("\0") || !text.isWellFormed();
  const unstorable = "contains a NUL or half of a surrogate pair";
  const open = [{ value: root, path: "", depth: 0 }];
  for (let entry = open.pop(); entry; entry = open.pop()) {
    const { value, path, depth } = entry;
    if (typeof value === "string" && isUnstorable(value)) return { path, message: unstorable };
    if (typeof value !== "object" || value === null) continue;
    if (depth === maxDepth) return { path, message: `is nested deeper than ${maxDepth} levels` };
    for (const [key, child] of Object.entries(value)) {
      if (isUnstorable(key)) return { path, message: unstorable };
      open.push({ value: child, path: path ? `${path}.${key}` : key, depth: depth + 1 });
    }
  }
  return null;
}
