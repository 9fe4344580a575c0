import { handle, route } from "../../../shared/http.ts";
import { search, SearchRequest } from "../../../shared/knowledge/search.ts";
import { createEmbedder } from "../../../shared/providers/create-embedder.ts";

const embedder = createEmbedder(Deno.env.toObject());

export default {
  fetch: handle("search", { auth: "user" }, (routes) => {
    routes.post(
      "/",
      route(
        { body: SearchRequest },
        ({ context, body }) => search(context.supabase, embedder, body),
      ),
    );
  }),
};
