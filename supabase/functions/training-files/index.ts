import { z } from "zod";
import { type Call, handle, route } from "../../../shared/http.ts";
import {
  addConversations,
  AddConversationsRequest,
  removeConversations,
  RemoveConversationsRequest,
} from "../../../shared/training-files/requests/change-conversations.ts";
import {
  createTrainingFile,
  CreateTrainingFileRequest,
  IdempotencyKey,
} from "../../../shared/training-files/requests/create-training-file.ts";
import {
  analytics,
  diff,
  manifest,
  report,
} from "../../../shared/training-files/requests/describe-version.ts";
import { download, DownloadQuery } from "../../../shared/training-files/requests/download.ts";
import { getTrainingFile } from "../../../shared/training-files/reads/get-training-file.ts";
import {
  listTrainingFiles,
  ListTrainingFilesQuery,
} from "../../../shared/training-files/requests/list-training-files.ts";
import {
  cancelBuild,
  deleteTrainingFile,
  getBuild,
  listConversations,
  listVersions,
  updateTrainingFile,
  UpdateTrainingFileRequest,
} from "../../../shared/training-files/requests/manage-training-file.ts";
import { preview, PreviewRequest } from "../../../shared/training-files/requests/preview.ts";

const Version = z.string().regex(/^[1-9][0-9]{0,8}$/).transform(Number);
const params = z.strictObject({ id: z.guid() });
const versionParams = z.strictObject({ id: z.guid(), version: Version });
const diffParams = z.strictObject({ id: z.guid(), a: Version, b: Version });

const headers = z.object({ "idempotency-key": IdempotencyKey.optional() });

const clientsOf = ({ context }: Call<unknown, unknown, unknown>) => ({
  user: context.supabase,
  admin: context.supabaseAdmin,
});

export default {
  fetch: handle("training-files", { auth: "user" }, (routes) => {
    routes.get(
      "/",
      route(
        { query: ListTrainingFilesQuery },
        (call) => listTrainingFiles(call.context.supabase, call.query),
      ),
    );
    routes.post(
      "/",
      route(
        { body: CreateTrainingFileRequest, headers },
        (call) =>
          createTrainingFile(clientsOf(call), call.body, call.headers["idempotency-key"] ?? null),
      ),
    );
    routes.post(
      "/preview",
      route({ body: PreviewRequest }, (call) => preview(clientsOf(call), call.body)),
    );
    routes.get(
      "/:id",
      route({ params }, async (call) => ({
        status: 200,
        body: { trainingFile: await getTrainingFile(call.context.supabase, call.params.id) },
      })),
    );
    routes.patch(
      "/:id",
      route(
        { params, body: UpdateTrainingFileRequest },
        (call) => updateTrainingFile(clientsOf(call), call.params.id, call.body),
      ),
    );
    routes.delete(
      "/:id",
      route({ params }, (call) => deleteTrainingFile(clientsOf(call), call.params.id)),
    );
    routes.get(
      "/:id/conversations",
      route({ params }, (call) => listConversations(clientsOf(call), call.params.id)),
    );
    routes.post(
      "/:id/add-conversations",
      route(
        { params, body: AddConversationsRequest, headers },
        (call) =>
          addConversations(
            clientsOf(call),
            call.params.id,
            call.body,
            call.headers["idempotency-key"] ?? null,
          ),
      ),
    );
    routes.post(
      "/:id/remove-conversations",
      route(
        { params, body: RemoveConversationsRequest, headers },
        (call) =>
          removeConversations(
            clientsOf(call),
            call.params.id,
            call.body,
            call.headers["idempotency-key"] ?? null,
          ),
      ),
    );
    routes.get(
      "/:id/versions",
      route({ params }, (call) => listVersions(clientsOf(call), call.params.id)),
    );
    routes.get(
      "/:id/versions/:version/report",
      route(
        { params: versionParams },
        (call) => report(clientsOf(call), call.params.id, call.params.version),
      ),
    );
    routes.get(
      "/:id/versions/:version/manifest",
      route(
        { params: versionParams },
        (call) => manifest(clientsOf(call), call.params.id, call.params.version),
      ),
    );
    routes.get(
      "/:id/versions/:a/diff/:b",
      route(
        { params: diffParams },
        (call) => diff(clientsOf(call), call.params.id, call.params.a, call.params.b),
      ),
    );
    routes.get(
      "/:id/download",
      route(
        { params, query: DownloadQuery },
        (call) => download(clientsOf(call), call.params.id, call.query),
      ),
    );
    routes.get(
      "/:id/analytics",
      route({ params }, (call) => analytics(clientsOf(call), call.params.id)),
    );
    routes.get(
      "/:id/build",
      route({ params }, (call) => getBuild(clientsOf(call), call.params.id)),
    );
    routes.post(
      "/:id/build/cancel",
      route({ params }, (call) => cancelBuild(clientsOf(call), call.params.id)),
    );
  }),
};
