/** What the demo reads of a row of `training_files`. */
export interface TrainingFile {
  id: string;
  version: number;
  conversation_count: number;
  total_training_pairs: number;
}
