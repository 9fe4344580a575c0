import { z } from "zod";
import { handle, route } from "../../../shared/http.ts";
import { ListJobsQuery, listTrainingJobs } from "../../../shared/knowledge/list-training-jobs.ts";
import { trainForDoc, TrainForDocRequest } from "../../../shared/knowledge/train-for-doc.ts";
import { unwrap } from "../../../shared/unwrap.ts";

const JobParams = z.strictObject({ id: z.uuid() });
const NoQuery = z.strictObject({});

export default {
  fetch: handle("training-library", { auth: "user" }, (routes) => {
    routes.get(
      "/jobs",
      route(
        { query: ListJobsQuery },
        ({ context, query }) => listTrainingJobs(context.supabase, query),
      ),
    );
    routes.post(
      "/train-for-doc",
      route(
        { query: NoQuery, body: TrainForDocRequest },
        ({ context, body }) => trainForDoc(context.supabase, body),
      ),
    );
    routes.post(
      "/jobs/:id/retry",
      route({ params: JobParams, query: NoQuery }, async ({ context, params }) => {
        const job = await context.supabase.rpc("retry_training_job", {
          p_training_job_id: params.id,
        });
        return { status: 200, body: { job: unwrap(job) } };
      }),
    );
    routes.post(
      "/jobs/:id/cancel",
      route({ params: JobParams, query: NoQuery }, async ({ context, params }) => {
        const job = await context.supabase.rpc("cancel_training_job", {
          p_training_job_id: params.id,
        });
        return { status: 200, body: { job: unwrap(job) } };
      }),
    );
  }),
};
