import process from "node:process";

// @supabase/lite reads both while it is being imported, so this file is imported before it.
process.env.EXPERIMENTAL_STORAGE = "1";
process.env.DO_NOT_TRACK = "1";
