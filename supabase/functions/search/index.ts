import { handle, route } from "../../../shared/http.ts";
import { search, SearchRequest } from "../../../shared/knowledge/search.ts";
import { createEmbedders } from "../../../shared/providers/embedders.ts";

const embedders = createEmbedders(Deno.env.toObject());

export default {
  fetch: handle("search", { auth: "user" }, (routes) => {
    routes.post(
      "/",
      route(
        { body: SearchRequest },
        ({ context, body }) => search(context.supabase, embedders, body),
      ),
    );
  }),
};
