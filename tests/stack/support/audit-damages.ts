const liveChunks = `chunk.generation =
  (select chunk_generation from public.vault_documents where id = chunk.vault_document_id)`;
const job = (kind: string) =>
  `kind = '${kind}' and id = (
  select max(id) from private.job_history where kind = '${kind}')`;
/** A job that waits for each of some rows. */
const waiting = (kind: string, rows: string) => `
  insert into private.jobs (org_id, lane, kind, dedupe_key, is_ready, visible_at)
  select org_id, 'embedding', '${kind}', id::text, false, now() + interval '1 minute' from ${rows}`;

/** Something done to a database, and the checks that find it, each with how much. */
type Damage = [what: string, finds: string[], statements: (orgId: string) => string];

/**
 * Each part of the data made to disagree with another, in the database of a stack that has worked,
 * whose user is of the organisation.
 */
export const damages: Damage[] = [
  [
    "a document's object that is gone",
    ["files of documents: 1"],
    () => "delete from storage.objects where bucket_id = 'documents'",
  ],
  [
    "a document's object without its row",
    ["rows of documents: 1"],
    (orgId) =>
      `insert into storage.objects (bucket_id, name)
      values ('documents', '${orgId}/${crypto.randomUUID()}/a.md')`,
  ],
  [
    "a crop's object that is gone",
    ["files of pointer-crops: 1"],
    () => "delete from storage.objects where bucket_id = 'pointer-crops'",
  ],
  [
    "a crop's object without its row",
    ["rows of pointer-crops: 1"],
    () => "insert into storage.objects (bucket_id, name) values ('pointer-crops', 'a/b/c.png')",
  ],
  [
    "conversations' objects that are gone",
    ["files of conversation-files: 3"],
    () => "delete from storage.objects where bucket_id = 'conversation-files'",
  ],
  [
    "a conversation's object without its row",
    ["rows of conversation-files: 1"],
    () =>
      "insert into storage.objects (bucket_id, name) values ('conversation-files', 'a/b/enriched.json')",
  ],
  [
    "an artefact of another size",
    ["files of training-files: 1"],
    () =>
      `update storage.objects set metadata = jsonb_set(metadata, '{size}', '1')
      where bucket_id = 'training-files' and name like '%/v1/training.json'`,
  ],
  [
    "an artefact's object without its row",
    ["rows of training-files: 1"],
    () => "insert into storage.objects (bucket_id, name) values ('training-files', 'a/v9/x.json')",
  ],
  [
    "a document that was trained at a revision to come",
    ["trained revisions: 1"],
    () => "update public.vault_documents set trained_revision = revision + 1 where true",
  ],
  [
    "a live generation of which nothing is stored",
    ["live chunks: 1", "chunks of search: 1", "words of search: 1"],
    () => "delete from public.mono_training_chunks as chunk where true",
  ],
  [
    "a gap between chunks",
    ["positions of chunks: 1"],
    () =>
      `update public.mono_training_chunks as chunk set ordinal = ordinal + 1
      where ordinal > 0 and ${liveChunks}`,
  ],
  [
    "a vector of another model",
    ["models of vectors: 1"],
    () =>
      "update public.mono_training_chunks as chunk set embedding_model = 'other' where ordinal = 0",
  ],
  [
    "copies for a switch that are not all there",
    ["copies for a switch: 1"],
    () =>
      `update public.organizations set next_embedding_model = 'next'
      where embedding_model is not null;
      update public.vault_documents set next_chunk_generation = 1 where true`,
  ],
  [
    "chunks of a generation that nobody writes",
    ["stray chunks: 1"],
    () =>
      `insert into public.mono_training_chunks (org_id, vault_document_id, generation, ordinal,
        content, start_offset, end_offset, token_count, content_hash, embedding_model, embedding)
      select org_id, vault_document_id, 1, ordinal, content, start_offset, end_offset, token_count,
        content_hash, embedding_model, embedding
      from public.mono_training_chunks where ordinal = 0`,
  ],
  [
    "vectors that are kept for a training that has ended",
    ["stray chunks: 1"],
    () =>
      `insert into private.interrupted_vectors
      select vault_document_id, embedding_model, content_hash, embedding
      from public.mono_training_chunks where ordinal = 0`,
  ],
  [
    "a crop with a vector of another model",
    ["models of crops: 1"],
    () => "update public.pointers set embedding_model = 'another' where true",
  ],
  [
    "a crop's vector that a switch has left behind",
    ["models of crops: 1"],
    () =>
      `insert into private.next_pointer_vectors (pointer_id, embedding_model)
      select id, 'another' from public.pointers`,
  ],
  [
    "a lease that nobody has taken over",
    ["expired leases: 1"],
    () =>
      `insert into private.jobs (lane, kind, dedupe_key, is_ready, lease_token, worker_id, visible_at)
      values ('embedding', 'k', 'd', false, gen_random_uuid(), 'w', now() - interval '2 minutes')`,
  ],
  [
    "more leases than a lane has places",
    ["places in lanes: 1"],
    () =>
      `insert into private.jobs (lane, kind, dedupe_key, is_ready, lease_token, worker_id, visible_at)
      select 'storage', 'k', 'd' || i, false, gen_random_uuid(), 'w', now() + interval '1 minute'
      from generate_series(1, 2) as i`,
  ],
  [
    "a training that is at work without a job",
    ["open trainings: 1"],
    () =>
      `update public.mono_training_jobs set status = 'processing', completed_at = null
      where id = (select id from public.mono_training_jobs limit 1)`,
  ],
  [
    "a training that has failed, though its job completed",
    ["ended trainings: 1"],
    () =>
      `update public.mono_training_jobs set status = 'failed'
      where id = (select id from public.mono_training_jobs limit 1)`,
  ],
  [
    "a job that has been carried out twice",
    ["trained once: 1"],
    () =>
      `insert into private.job_history (id, org_id, lane, kind, dedupe_key, payload, priority,
        attempt, max_attempts, est_tokens, outcome, created_at, finished_at)
      select -1, org_id, lane, kind, dedupe_key, payload, priority, attempt, max_attempts,
        est_tokens, outcome, created_at, finished_at - interval '1 hour'
      from private.job_history where ${job("train_document")}`,
  ],
  [
    "a live generation of a job that was not the last",
    ["trained documents: 1"],
    () =>
      `update public.vault_documents set chunk_generation = 7001 where true;
      update public.mono_training_chunks set generation = 7001 where true`,
  ],
  [
    "a crop that waits for no job",
    ["crops at work: 1"],
    () =>
      `update public.pointers set enrichment_status = 'pending' where true;
      delete from private.job_history where kind = 'enrich_pointer'`,
  ],
  [
    "a crop that is complete while its job waits",
    ["crops at work: 1"],
    () => waiting("enrich_pointer", "public.pointers"),
  ],
  [
    "a crop that has failed, though its job completed",
    ["read crops: 1"],
    () => "update public.pointers set enrichment_status = 'failed' where true",
  ],
  [
    "a crop that is complete without its reading",
    ["read crops: 1"],
    () => "update public.pointers set description = null where true",
  ],
  [
    "a build that nobody carries out",
    ["builds at work: 1"],
    () =>
      `insert into public.training_file_versions
        (org_id, training_file_id, version, parent_version, file_name, change, build_until)
      select org_id, id, 9, version, name, 'rebuilt', now() - interval '3 minutes'
      from public.training_files`,
  ],
  [
    "a file that waits for no build",
    ["builds at work: 1"],
    () => "update public.training_files set status = 'processing' where true",
  ],
  [
    "a queued version that no job has built",
    ["ended builds: 1"],
    () => "update public.training_file_versions set is_queued = true where version = 1",
  ],
  [
    "usage that is booked twice",
    ["usage of jobs: 1"],
    () =>
      `insert into public.usage_events (org_id, job_id, kind, provider, model, input_tokens)
      select org_id, job_id, kind, provider, model, input_tokens from public.usage_events
      where job_id = (select max(id) from private.job_history where kind = 'train_document')`,
  ],
  [
    "usage of a crop that is not booked",
    ["usage of jobs: 1"],
    () => "delete from public.usage_events where kind = 'enrich_pointer' and model = 'scripted'",
  ],
  [
    "a file that shows an older version",
    ["live versions: 1", "members of files: 1"],
    () =>
      `update public.training_files set version = 1, json_file_path = id || '/v1/training.json',
        jsonl_file_path = id || '/v1/training.jsonl' where true`,
  ],
  [
    "a version with another hash than its artefact",
    ["artefacts of versions: 1"],
    () => "update public.training_file_versions set json_sha256 = 'x' where version = 2",
  ],
  [
    "a version of other figures than its conversations have",
    ["live versions: 1", "sources of versions: 1"],
    () =>
      `update public.training_file_versions set total_training_pairs = total_training_pairs + 1
      where version = 2`,
  ],
  [
    "a source without its snapshot",
    ["sources of versions: 2"],
    () =>
      `delete from public.conversation_snapshots where sha256 = (
        select sha256 from public.training_file_sources where position = 0 limit 1)`,
  ],
  [
    "members in another order",
    ["members of files: 1"],
    () => "update public.training_file_conversations set position = 2 - position where true",
  ],
  [
    "a quota that is held against another number of rows",
    ["rows of organisations: 1"],
    () => "update private.row_counts set row_count = row_count + 1 where true",
  ],
  [
    "chunks that search has not counted",
    ["chunks of search: 1"],
    () => "update private.search_stats set chunk_count = chunk_count + 1 where true",
  ],
  [
    "a word that search has not counted",
    ["words of search: 1"],
    () =>
      `delete from private.search_lexemes where lexeme = (
        select lexeme from private.search_lexemes limit 1)`,
  ],
];
