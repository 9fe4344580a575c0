import type { Actor } from "./actor.ts";
import {
  addDocument,
  cancelTraining,
  deleteDocument,
  editDocument,
  renameDocument,
  retryTraining,
} from "./document-operations.ts";
import {
  addCrop,
  deleteCrop,
  editPage,
  renameCrop,
  replaceCrop,
  retryCrops,
} from "./drawing-operations.ts";
import {
  addToFile,
  createFile,
  deleteFile,
  downloadFile,
  enrichAgain,
  removeFromFile,
} from "./file-operations.ts";
import { receiveGuest, search } from "./member-operations.ts";

/** What users do, each with its share of all that they do. */
const operations: [number, (actor: Actor) => Promise<void>][] = [
  [10, addDocument],
  [8, editDocument],
  [4, renameDocument],
  [5, deleteDocument],
  [4, cancelTraining],
  [3, retryTraining],
  [4, createFile],
  [4, addToFile],
  [3, removeFromFile],
  [2, deleteFile],
  [8, downloadFile],
  [4, enrichAgain],
  [6, addCrop],
  [3, replaceCrop],
  [3, renameCrop],
  [3, deleteCrop],
  [1, editPage],
  [1, retryCrops],
  [12, search],
  [2, receiveGuest],
];
const allShares = operations.reduce((sum, [share]) => sum + share, 0);

/** Does one thing after the other, with short pauses, until it is told that it is over. */
export async function work(actor: Actor, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    let dice = actor.random() * allShares;
    const [, operation] = operations.find(([share]) => (dice -= share) < 0)!;
    await operation(actor);
    actor.ledger.count("operations", operation.name);
    const { isBusy } = actor.ledger;
    await new Promise((resolve) => setTimeout(resolve, (isBusy ? 2000 : 300) * actor.random()));
  }
}
