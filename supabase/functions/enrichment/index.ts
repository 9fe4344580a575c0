import { z } from "zod";
import { getProjectProgress } from "../../../shared/enrichment/get-project-progress.ts";
import {
  retryPointer,
  RetryPointersRequest,
  retryProjectPointers,
} from "../../../shared/enrichment/retry-pointers.ts";
import { handle, route } from "../../../shared/http.ts";

const IdParams = z.strictObject({ id: z.guid() });

export default {
  fetch: handle("enrichment", { auth: "user" }, (routes) => {
    routes.post(
      "/pointers/:id/retry",
      route(
        { params: IdParams },
        ({ context, params }) => retryPointer(context.supabase, params.id),
      ),
    );
    routes.post(
      "/projects/:id/retry",
      route(
        { params: IdParams, body: RetryPointersRequest },
        ({ context, params, body }) => retryProjectPointers(context.supabase, params.id, body),
      ),
    );
    routes.get(
      "/projects/:id/progress",
      route(
        { params: IdParams },
        ({ context, params }) => getProjectProgress(context.supabase, params.id),
      ),
    );
  }),
};
