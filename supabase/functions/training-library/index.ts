import { z } from "zod";
import { handle, route } from "../../../shared/http.ts";
import { ListJobsQuery, listTrainingJobs } from "../../../shared/knowledge/list-training-jobs.ts";
import { trainForDoc, TrainForDocRequest } from "../../../shared/knowledge/train-for-doc.ts";
import { unwrap } from "../../../shared/unwrap.ts";

const JobParams = z.strictObject({ id: z.guid() });

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
        { body: TrainForDocRequest },
        ({ context, body }) => trainForDoc(context.supabase, body),
      ),
    );
    routes.post(
      "/jobs/:id/retry",
      route({ params: JobParams }, async ({ context, params }) => {
        const job = await context.supabase.rpc("retry_training_job", {
          p_training_job_id: params.id,
        });
        return { status: 200, body: { job: unwrap(job) } };
      }),
    );
    routes.post(
      "/jobs/:id/cancel",
      route({ params: JobParams }, async ({ context, params }) => {
        const job = await context.supabase.rpc("cancel_training_job", {
          p_training_job_id: params.id,
        });
        return { status: 200, body: { job: unwrap(job) } };
      }),
    );
  }),
};
