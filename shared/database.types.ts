export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  
  "public": {
          Tables: {
            "audit_events": {
                  Row: {
                    "action": string,"actor": string,"actor_id": string | null,"created_at": string,"details": NonNullable<Json>,"id": number,"org_id": string,"subject_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "action": string,"actor": string,"actor_id"?: string | null,"created_at"?: string,"details"?: NonNullable<Json>,"id"?: never,"org_id": string,"subject_id": string
                  }
                  Update: {
                    "action"?: string,"actor"?: string,"actor_id"?: string | null,"created_at"?: string,"details"?: NonNullable<Json>,"id"?: never,"org_id"?: string,"subject_id"?: string
                  }
                  Relationships: [
                    
                  ]
                },"batch_items": {
                  Row: {
                    "batch_job_id": string,"conversation_id": string | null,"created_at": string,"id": string,"org_id": string,"status": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "batch_job_id": string,"conversation_id"?: string | null,"created_at"?: string,"id"?: string,"org_id": string,"status"?: string,"updated_at"?: string
                  }
                  Update: {
                    "batch_job_id"?: string,"conversation_id"?: string | null,"created_at"?: string,"id"?: string,"org_id"?: string,"status"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "batch_items_org_id_batch_job_id_fkey"
      columns: ["org_id","batch_job_id"]
isOneToOne: false
      referencedRelation: "batch_jobs"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "batch_items_org_id_conversation_id_fkey"
      columns: ["org_id","conversation_id"]
isOneToOne: false
      referencedRelation: "conversations"
      referencedColumns: ["org_id","conversation_id"]
    }
                  ]
                },"batch_jobs": {
                  Row: {
                    "created_at": string,"created_by": string | null,"id": string,"org_id": string,"status": string,"tier": string,"total_items": number,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"created_by"?: string | null,"id"?: string,"org_id": string,"status"?: string,"tier"?: string,"total_items"?: number,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"created_by"?: string | null,"id"?: string,"org_id"?: string,"status"?: string,"tier"?: string,"total_items"?: number,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "batch_jobs_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"conversation_snapshots": {
                  Row: {
                    "created_at": string,"fingerprint": NonNullable<Json>,"org_id": string,"sha256": string,"snapshot": NonNullable<Json>
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"fingerprint": NonNullable<Json>,"org_id": string,"sha256": string,"snapshot": NonNullable<Json>
                  }
                  Update: {
                    "created_at"?: string,"fingerprint"?: NonNullable<Json>,"org_id"?: string,"sha256"?: string,"snapshot"?: NonNullable<Json>
                  }
                  Relationships: [
                    {
      foreignKeyName: "conversation_snapshots_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"conversations": {
                  Row: {
                    "conversation_id": string,"created_at": string,"created_by": string | null,"emotional_arc_id": string | null,"enriched_at": string,"enriched_file_path": string | null,"enrichment_status": string,"file_path": string | null,"id": string,"org_id": string,"persona_id": string | null,"raw_response_path": string | null,"training_topic_id": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "conversation_id": string,"created_at"?: string,"created_by"?: string | null,"emotional_arc_id"?: string | null,"enriched_at"?: string,"enriched_file_path"?: string | null,"enrichment_status"?: string,"file_path"?: string | null,"id"?: string,"org_id": string,"persona_id"?: string | null,"raw_response_path"?: string | null,"training_topic_id"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "conversation_id"?: string,"created_at"?: string,"created_by"?: string | null,"emotional_arc_id"?: string | null,"enriched_at"?: string,"enriched_file_path"?: string | null,"enrichment_status"?: string,"file_path"?: string | null,"id"?: string,"org_id"?: string,"persona_id"?: string | null,"raw_response_path"?: string | null,"training_topic_id"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "conversations_org_id_emotional_arc_id_fkey"
      columns: ["org_id","emotional_arc_id"]
isOneToOne: false
      referencedRelation: "emotional_arcs"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "conversations_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "conversations_org_id_persona_id_fkey"
      columns: ["org_id","persona_id"]
isOneToOne: false
      referencedRelation: "personas"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "conversations_org_id_training_topic_id_fkey"
      columns: ["org_id","training_topic_id"]
isOneToOne: false
      referencedRelation: "training_topics"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"disciplines": {
                  Row: {
                    "created_at": string,"id": string,"name": string,"org_id": string,"project_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"id"?: string,"name": string,"org_id"?: string,"project_id": string,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"id"?: string,"name"?: string,"org_id"?: string,"project_id"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "disciplines_org_id_project_id_fkey"
      columns: ["org_id","project_id"]
isOneToOne: false
      referencedRelation: "project_progress"
      referencedColumns: ["org_id","project_id"]
    },{
      foreignKeyName: "disciplines_org_id_project_id_fkey"
      columns: ["org_id","project_id"]
isOneToOne: false
      referencedRelation: "projects"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"emotional_arcs": {
                  Row: {
                    "created_at": string,"description": string | null,"emotional_arc_key": string,"id": string,"name": string,"org_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"description"?: string | null,"emotional_arc_key": string,"id"?: string,"name": string,"org_id": string,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"description"?: string | null,"emotional_arc_key"?: string,"id"?: string,"name"?: string,"org_id"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "emotional_arcs_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"experience_files": {
                  Row: {
                    "content": string,"created_at": string,"id": string,"org_id": string,"path": string,"project_id": string,"updated_at": string,"updated_by_session": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "content"?: string,"created_at"?: string,"id"?: string,"org_id"?: string,"path": string,"project_id": string,"updated_at"?: string,"updated_by_session"?: string | null
                  }
                  Update: {
                    "content"?: string,"created_at"?: string,"id"?: string,"org_id"?: string,"path"?: string,"project_id"?: string,"updated_at"?: string,"updated_by_session"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "experience_files_org_id_project_id_fkey"
      columns: ["org_id","project_id"]
isOneToOne: false
      referencedRelation: "project_progress"
      referencedColumns: ["org_id","project_id"]
    },{
      foreignKeyName: "experience_files_org_id_project_id_fkey"
      columns: ["org_id","project_id"]
isOneToOne: false
      referencedRelation: "projects"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"mono_training_chunks": {
                  Row: {
                    "content": string,"content_hash": string,"created_at": string,"embedding": unknown,"embedding_model": string,"end_offset": number,"generation": number,"heading_path": (string)[],"id": string,"language": string,"metadata": NonNullable<Json>,"ordinal": number,"org_id": string,"search_vector": unknown,"start_offset": number,"token_count": number,"vault_document_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "content": string,"content_hash": string,"created_at"?: string,"embedding": unknown,"embedding_model": string,"end_offset": number,"generation": number,"heading_path"?: (string)[],"id"?: string,"language"?: string,"metadata"?: NonNullable<Json>,"ordinal": number,"org_id": string,"search_vector"?: never,"start_offset": number,"token_count": number,"vault_document_id": string
                  }
                  Update: {
                    "content"?: string,"content_hash"?: string,"created_at"?: string,"embedding"?: unknown,"embedding_model"?: string,"end_offset"?: number,"generation"?: number,"heading_path"?: (string)[],"id"?: string,"language"?: string,"metadata"?: NonNullable<Json>,"ordinal"?: number,"org_id"?: string,"search_vector"?: never,"start_offset"?: number,"token_count"?: number,"vault_document_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "mono_training_chunks_org_id_vault_document_id_fkey"
      columns: ["org_id","vault_document_id"]
isOneToOne: false
      referencedRelation: "vault_documents"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"mono_training_docs": {
                  Row: {
                    "created_at": string,"id": string,"org_id": string,"source_type": string,"title": string | null,"training_set_id": string,"updated_at": string,"vault_document_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"id"?: string,"org_id": string,"source_type"?: string,"title"?: string | null,"training_set_id": string,"updated_at"?: string,"vault_document_id": string
                  }
                  Update: {
                    "created_at"?: string,"id"?: string,"org_id"?: string,"source_type"?: string,"title"?: string | null,"training_set_id"?: string,"updated_at"?: string,"vault_document_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "mono_training_docs_org_id_training_set_id_fkey"
      columns: ["org_id","training_set_id"]
isOneToOne: false
      referencedRelation: "mono_training_sets"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "mono_training_docs_org_id_vault_document_id_fkey"
      columns: ["org_id","vault_document_id"]
isOneToOne: false
      referencedRelation: "vault_documents"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"mono_training_jobs": {
                  Row: {
                    "attempts": number,"completed_at": string | null,"error_message": string | null,"id": string,"org_id": string,"progress": number,"queued_at": string,"started_at": string | null,"status": string,"training_doc_id": string,"trigger": string,"vault_document_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "attempts"?: number,"completed_at"?: string | null,"error_message"?: string | null,"id"?: string,"org_id": string,"progress"?: number,"queued_at"?: string,"started_at"?: string | null,"status"?: string,"training_doc_id": string,"trigger": string,"vault_document_id": string
                  }
                  Update: {
                    "attempts"?: number,"completed_at"?: string | null,"error_message"?: string | null,"id"?: string,"org_id"?: string,"progress"?: number,"queued_at"?: string,"started_at"?: string | null,"status"?: string,"training_doc_id"?: string,"trigger"?: string,"vault_document_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "mono_training_jobs_org_id_vault_document_id_fkey"
      columns: ["org_id","vault_document_id"]
isOneToOne: false
      referencedRelation: "vault_documents"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "mono_training_jobs_training_doc_id_fkey"
      columns: ["training_doc_id"]
isOneToOne: false
      referencedRelation: "mono_training_docs"
      referencedColumns: ["id"]
    }
                  ]
                },"mono_training_sets": {
                  Row: {
                    "auto_train": boolean,"created_at": string,"description": string | null,"id": string,"name": string,"org_id": string,"reads_scans": boolean,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "auto_train"?: boolean,"created_at"?: string,"description"?: string | null,"id"?: string,"name": string,"org_id": string,"reads_scans"?: boolean,"updated_at"?: string
                  }
                  Update: {
                    "auto_train"?: boolean,"created_at"?: string,"description"?: string | null,"id"?: string,"name"?: string,"org_id"?: string,"reads_scans"?: boolean,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "mono_training_sets_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"organization_invitations": {
                  Row: {
                    "accepted_by": string | null,"created_at": string,"email": string,"ended_at": string | null,"expires_at": string,"id": string,"invited_by": string | null,"org_id": string,"role": string,"status": string
                  }
                  ComputedFields: never
                  Insert: {
                    "accepted_by"?: string | null,"created_at"?: string,"email": string,"ended_at"?: string | null,"expires_at"?: string,"id"?: string,"invited_by"?: string | null,"org_id": string,"role": string,"status"?: string
                  }
                  Update: {
                    "accepted_by"?: string | null,"created_at"?: string,"email"?: string,"ended_at"?: string | null,"expires_at"?: string,"id"?: string,"invited_by"?: string | null,"org_id"?: string,"role"?: string,"status"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "organization_invitations_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"organization_members": {
                  Row: {
                    "created_at": string,"org_id": string,"role": string,"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"org_id": string,"role": string,"user_id": string
                  }
                  Update: {
                    "created_at"?: string,"org_id"?: string,"role"?: string,"user_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "organization_members_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"organization_quotas": {
                  Row: {
                    "max_count": number | null,"name": string,"org_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "max_count"?: number | null,"name": string,"org_id": string
                  }
                  Update: {
                    "max_count"?: number | null,"name"?: string,"org_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "organization_quotas_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"organizations": {
                  Row: {
                    "created_at": string,"embedding_model": string | null,"id": string,"name": string,"next_embedding_model": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"embedding_model"?: string | null,"id"?: string,"name": string,"next_embedding_model"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"embedding_model"?: string | null,"id"?: string,"name"?: string,"next_embedding_model"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    
                  ]
                },"pages": {
                  Row: {
                    "created_at": string,"discipline_id": string | null,"id": string,"org_id": string,"page_name": string,"project_id": string,"sheet_key": string | null,"sheet_number": string | null,"sheet_reflection": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"discipline_id"?: string | null,"id"?: string,"org_id"?: string,"page_name": string,"project_id": string,"sheet_key"?: never,"sheet_number"?: string | null,"sheet_reflection"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"discipline_id"?: string | null,"id"?: string,"org_id"?: string,"page_name"?: string,"project_id"?: string,"sheet_key"?: never,"sheet_number"?: string | null,"sheet_reflection"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "pages_org_id_project_id_fkey"
      columns: ["org_id","project_id"]
isOneToOne: false
      referencedRelation: "project_progress"
      referencedColumns: ["org_id","project_id"]
    },{
      foreignKeyName: "pages_org_id_project_id_fkey"
      columns: ["org_id","project_id"]
isOneToOne: false
      referencedRelation: "projects"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "pages_project_id_discipline_id_fkey"
      columns: ["project_id","discipline_id"]
isOneToOne: false
      referencedRelation: "disciplines"
      referencedColumns: ["project_id","id"]
    }
                  ]
                },"personas": {
                  Row: {
                    "created_at": string,"demographics": NonNullable<Json>,"description": string | null,"id": string,"name": string,"org_id": string,"persona_key": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"demographics"?: NonNullable<Json>,"description"?: string | null,"id"?: string,"name": string,"org_id": string,"persona_key": string,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"demographics"?: NonNullable<Json>,"description"?: string | null,"id"?: string,"name"?: string,"org_id"?: string,"persona_key"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "personas_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"pointers": {
                  Row: {
                    "attempts": number,"bbox": Json | null,"created_at": string,"created_by": string | null,"cross_references": Json | null,"description": string | null,"detail_key": string | null,"embedding": unknown,"embedding_model": string | null,"enrichment_metadata": Json | null,"enrichment_status": string,"error_message": string | null,"id": string,"input_hash": string | null,"org_id": string,"page_id": string,"png_path": string,"project_id": string,"revision": number,"search_vector": unknown,"title": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "attempts"?: number,"bbox"?: Json | null,"created_at"?: string,"created_by"?: string | null,"cross_references"?: Json | null,"description"?: string | null,"detail_key"?: never,"embedding"?: unknown,"embedding_model"?: string | null,"enrichment_metadata"?: Json | null,"enrichment_status"?: string,"error_message"?: string | null,"id"?: string,"input_hash"?: string | null,"org_id"?: string,"page_id": string,"png_path": string,"project_id"?: string,"revision"?: number,"search_vector"?: never,"title": string,"updated_at"?: string
                  }
                  Update: {
                    "attempts"?: number,"bbox"?: Json | null,"created_at"?: string,"created_by"?: string | null,"cross_references"?: Json | null,"description"?: string | null,"detail_key"?: never,"embedding"?: unknown,"embedding_model"?: string | null,"enrichment_metadata"?: Json | null,"enrichment_status"?: string,"error_message"?: string | null,"id"?: string,"input_hash"?: string | null,"org_id"?: string,"page_id"?: string,"png_path"?: string,"project_id"?: string,"revision"?: number,"search_vector"?: never,"title"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "pointers_org_id_project_id_page_id_fkey"
      columns: ["org_id","project_id","page_id"]
isOneToOne: false
      referencedRelation: "pages"
      referencedColumns: ["org_id","project_id","id"]
    }
                  ]
                },"projects": {
                  Row: {
                    "created_at": string,"created_by": string | null,"id": string,"name": string,"org_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"created_by"?: string | null,"id"?: string,"name": string,"org_id": string,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"created_by"?: string | null,"id"?: string,"name"?: string,"org_id"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "projects_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"sessions": {
                  Row: {
                    "created_at": string,"id": string,"last_active_at": string,"learning_messages": NonNullable<Json>,"maestro_messages": NonNullable<Json>,"org_id": string,"project_id": string,"session_type": string,"status": string,"updated_at": string,"user_id": string,"workspace_id": string | null,"workspace_name": string | null,"workspace_state": Json | null
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"id"?: string,"last_active_at"?: string,"learning_messages"?: NonNullable<Json>,"maestro_messages"?: NonNullable<Json>,"org_id"?: string,"project_id": string,"session_type": string,"status"?: string,"updated_at"?: string,"user_id"?: string,"workspace_id"?: string | null,"workspace_name"?: string | null,"workspace_state"?: Json | null
                  }
                  Update: {
                    "created_at"?: string,"id"?: string,"last_active_at"?: string,"learning_messages"?: NonNullable<Json>,"maestro_messages"?: NonNullable<Json>,"org_id"?: string,"project_id"?: string,"session_type"?: string,"status"?: string,"updated_at"?: string,"user_id"?: string,"workspace_id"?: string | null,"workspace_name"?: string | null,"workspace_state"?: Json | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "sessions_org_id_project_id_fkey"
      columns: ["org_id","project_id"]
isOneToOne: false
      referencedRelation: "project_progress"
      referencedColumns: ["org_id","project_id"]
    },{
      foreignKeyName: "sessions_org_id_project_id_fkey"
      columns: ["org_id","project_id"]
isOneToOne: false
      referencedRelation: "projects"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"training_artifacts": {
                  Row: {
                    "created_at": string,"format": string,"id": string,"line_count": number | null,"options": NonNullable<Json>,"options_hash": string,"org_id": string,"path": string,"sha256": string,"size_bytes": number,"version_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"format": string,"id"?: string,"line_count"?: number | null,"options": NonNullable<Json>,"options_hash": string,"org_id": string,"path": string,"sha256": string,"size_bytes": number,"version_id": string
                  }
                  Update: {
                    "created_at"?: string,"format"?: string,"id"?: string,"line_count"?: number | null,"options"?: NonNullable<Json>,"options_hash"?: string,"org_id"?: string,"path"?: string,"sha256"?: string,"size_bytes"?: number,"version_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "training_artifacts_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "training_artifacts_version_id_fkey"
      columns: ["version_id"]
isOneToOne: false
      referencedRelation: "training_file_versions"
      referencedColumns: ["id"]
    }
                  ]
                },"training_file_conversations": {
                  Row: {
                    "added_at": string,"added_by": string | null,"conversation_id": string,"id": string,"org_id": string,"position": number,"training_file_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "added_at"?: string,"added_by"?: string | null,"conversation_id": string,"id"?: string,"org_id": string,"position": number,"training_file_id": string
                  }
                  Update: {
                    "added_at"?: string,"added_by"?: string | null,"conversation_id"?: string,"id"?: string,"org_id"?: string,"position"?: number,"training_file_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "training_file_conversations_org_id_conversation_id_fkey"
      columns: ["org_id","conversation_id"]
isOneToOne: false
      referencedRelation: "conversations"
      referencedColumns: ["org_id","conversation_id"]
    },{
      foreignKeyName: "training_file_conversations_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "training_file_conversations_org_id_training_file_id_fkey"
      columns: ["org_id","training_file_id"]
isOneToOne: false
      referencedRelation: "training_files"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"training_file_sources": {
                  Row: {
                    "conversation_id": string,"org_id": string,"position": number,"sha256": string | null,"version_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "conversation_id": string,"org_id": string,"position": number,"sha256"?: string | null,"version_id": string
                  }
                  Update: {
                    "conversation_id"?: string,"org_id"?: string,"position"?: number,"sha256"?: string | null,"version_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "training_file_sources_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "training_file_sources_version_id_fkey"
      columns: ["version_id"]
isOneToOne: false
      referencedRelation: "training_file_versions"
      referencedColumns: ["id"]
    }
                  ]
                },"training_file_versions": {
                  Row: {
                    "build_token": string,"build_until": string,"change": string,"content_digest": string | null,"conversation_count": number,"created_at": string,"created_by": string | null,"error": Json | null,"file_name": string,"id": string,"is_queued": boolean,"json_sha256": string | null,"jsonl_sha256": string | null,"options": NonNullable<Json>,"org_id": string,"parent_version": number,"progress": number,"published_at": string | null,"state": string,"total_training_pairs": number,"totals": Json | null,"training_file_id": string,"version": number
                  }
                  ComputedFields: never
                  Insert: {
                    "build_token"?: string,"build_until"?: string,"change": string,"content_digest"?: string | null,"conversation_count"?: number,"created_at"?: string,"created_by"?: string | null,"error"?: Json | null,"file_name": string,"id"?: string,"is_queued"?: boolean,"json_sha256"?: string | null,"jsonl_sha256"?: string | null,"options"?: NonNullable<Json>,"org_id": string,"parent_version": number,"progress"?: number,"published_at"?: string | null,"state"?: string,"total_training_pairs"?: number,"totals"?: Json | null,"training_file_id": string,"version": number
                  }
                  Update: {
                    "build_token"?: string,"build_until"?: string,"change"?: string,"content_digest"?: string | null,"conversation_count"?: number,"created_at"?: string,"created_by"?: string | null,"error"?: Json | null,"file_name"?: string,"id"?: string,"is_queued"?: boolean,"json_sha256"?: string | null,"jsonl_sha256"?: string | null,"options"?: NonNullable<Json>,"org_id"?: string,"parent_version"?: number,"progress"?: number,"published_at"?: string | null,"state"?: string,"total_training_pairs"?: number,"totals"?: Json | null,"training_file_id"?: string,"version"?: number
                  }
                  Relationships: [
                    {
      foreignKeyName: "training_file_versions_org_id_training_file_id_fkey"
      columns: ["org_id","training_file_id"]
isOneToOne: false
      referencedRelation: "training_files"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"training_files": {
                  Row: {
                    "avg_quality_score": number | null,"conversation_count": number,"created_at": string,"created_by": string | null,"description": string | null,"human_reviewed_count": number,"id": string,"is_archived": boolean,"json_file_path": string | null,"json_file_size": number | null,"jsonl_file_path": string | null,"jsonl_file_size": number | null,"max_quality_score": number | null,"min_quality_score": number | null,"name": string,"org_id": string,"scaffolding_distribution": NonNullable<Json>,"stale": boolean,"stale_policy": string,"status": string,"storage_bucket": string,"total_training_pairs": number,"updated_at": string,"version": number
                  }
                  ComputedFields: never
                  Insert: {
                    "avg_quality_score"?: number | null,"conversation_count"?: number,"created_at"?: string,"created_by"?: string | null,"description"?: string | null,"human_reviewed_count"?: number,"id"?: string,"is_archived"?: boolean,"json_file_path"?: string | null,"json_file_size"?: number | null,"jsonl_file_path"?: string | null,"jsonl_file_size"?: number | null,"max_quality_score"?: number | null,"min_quality_score"?: number | null,"name": string,"org_id": string,"scaffolding_distribution"?: NonNullable<Json>,"stale"?: boolean,"stale_policy"?: string,"status"?: string,"storage_bucket"?: string,"total_training_pairs"?: number,"updated_at"?: string,"version"?: number
                  }
                  Update: {
                    "avg_quality_score"?: number | null,"conversation_count"?: number,"created_at"?: string,"created_by"?: string | null,"description"?: string | null,"human_reviewed_count"?: number,"id"?: string,"is_archived"?: boolean,"json_file_path"?: string | null,"json_file_size"?: number | null,"jsonl_file_path"?: string | null,"jsonl_file_size"?: number | null,"max_quality_score"?: number | null,"min_quality_score"?: number | null,"name"?: string,"org_id"?: string,"scaffolding_distribution"?: NonNullable<Json>,"stale"?: boolean,"stale_policy"?: string,"status"?: string,"storage_bucket"?: string,"total_training_pairs"?: number,"updated_at"?: string,"version"?: number
                  }
                  Relationships: [
                    {
      foreignKeyName: "training_files_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"training_topics": {
                  Row: {
                    "created_at": string,"description": string | null,"id": string,"name": string,"org_id": string,"training_topic_key": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"description"?: string | null,"id"?: string,"name": string,"org_id": string,"training_topic_key": string,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"description"?: string | null,"id"?: string,"name"?: string,"org_id"?: string,"training_topic_key"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "training_topics_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"usage_events": {
                  Row: {
                    "cost_usd": number | null,"created_at": string,"id": number,"input_tokens": number,"is_wasted": boolean,"job_id": number | null,"kind": string,"model": string,"org_id": string,"output_tokens": number,"provider": string,"subject_id": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "cost_usd"?: number | null,"created_at"?: string,"id"?: never,"input_tokens"?: number,"is_wasted"?: boolean,"job_id"?: number | null,"kind": string,"model": string,"org_id": string,"output_tokens"?: number,"provider": string,"subject_id"?: string | null
                  }
                  Update: {
                    "cost_usd"?: number | null,"created_at"?: string,"id"?: never,"input_tokens"?: number,"is_wasted"?: boolean,"job_id"?: number | null,"kind"?: string,"model"?: string,"org_id"?: string,"output_tokens"?: number,"provider"?: string,"subject_id"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "usage_events_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"vault_documents": {
                  Row: {
                    "chunk_generation": number | null,"created_at": string,"created_by": string | null,"id": string,"language": string | null,"mime_type": string,"next_chunk_generation": number | null,"org_id": string,"revision": number,"storage_path": string,"title": string,"trained_revision": number | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "chunk_generation"?: number | null,"created_at"?: string,"created_by"?: string | null,"id"?: string,"language"?: string | null,"mime_type": string,"next_chunk_generation"?: number | null,"org_id": string,"revision"?: number,"storage_path": string,"title": string,"trained_revision"?: number | null,"updated_at"?: string
                  }
                  Update: {
                    "chunk_generation"?: number | null,"created_at"?: string,"created_by"?: string | null,"id"?: string,"language"?: string | null,"mime_type"?: string,"next_chunk_generation"?: number | null,"org_id"?: string,"revision"?: number,"storage_path"?: string,"title"?: string,"trained_revision"?: number | null,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "vault_documents_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                }
          }
          Views: {
            "document_progress": {
                  Row: {
                    "cost_usd": number | null,"done": number | null,"failed": number | null,"open": number | null,"org_id": string,"total": number | null,"training_set_id": string
                  }
                  ComputedFields: never
                  Relationships: [
                    {
      foreignKeyName: "mono_training_docs_org_id_training_set_id_fkey"
      columns: ["org_id","training_set_id"]
isOneToOne: false
      referencedRelation: "mono_training_sets"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"embedding_models": {
                  Row: {
                    "embedding_model": string | null,"next_embedding_model": string | null,"organization_count": number | null
                  }
                  ComputedFields: never
                  Relationships: [
                    
                  ]
                },"embedding_switches": {
                  Row: {
                    "document_count": number | null,"embedding_model": string | null,"failed_count": number | null,"failures": Json | null,"missing_crop_count": number | null,"next_embedding_model": string | null,"open_count": number | null,"org_id": string | null,"ready_count": number | null
                  }
                  ComputedFields: never
                  Relationships: [
                    
                  ]
                },"job_dead": {
                  Row: {
                    "attempt": number | null,"code": string | null,"created_at": string | null,"dedupe_key": string | null,"finished_at": string | null,"job_id": string | null,"kind": string | null,"lane": string | null,"message": string | null,"org_id": string | null
                  }
                  ComputedFields: never
                  Relationships: [
                    
                  ]
                },"job_health": {
                  Row: {
                    "dead_last_day": number | null,"has_secrets": boolean | null,"is_healthy": boolean | null,"last_tick_at": string | null,"oldest_ready_seconds": number | null,"tick_age_seconds": number | null,"worker_count": number | null
                  }
                  ComputedFields: never
                  Relationships: [
                    
                  ]
                },"job_lanes": {
                  Row: {
                    "cap": number | null,"held_count": number | null,"lane": string | null,"max_in_flight": number | null,"pause_reason": string | null,"paused_until": string | null,"requests_per_minute": number | null,"tokens_per_minute": number | null
                  }
                  ComputedFields: never
                  Relationships: [
                    
                  ]
                },"job_stats": {
                  Row: {
                    "completed_last_hour": number | null,"dead_last_hour": number | null,"delayed_count": number | null,"held_count": number | null,"kind": string | null,"lane": string | null,"oldest_due_seconds": number | null,"p50_seconds": number | null,"p95_seconds": number | null,"ready_count": number | null
                  }
                  ComputedFields: never
                  Relationships: [
                    
                  ]
                },"pointer_links": {
                  Row: {
                    "org_id": string,"pointer_id": string,"position": number | null,"project_id": string,"raw": string | null,"target_page_id": string | null,"target_pointer_id": string | null
                  }
                  ComputedFields: never
                  Relationships: [
                    
                  ]
                },"project_progress": {
                  Row: {
                    "complete": number | null,"failed": number | null,"org_id": string,"pending": number | null,"processing": number | null,"project_id": string,"total": number | null
                  }
                  ComputedFields: never
                  Relationships: [
                    {
      foreignKeyName: "projects_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"usage_daily": {
                  Row: {
                    "cost_usd": number | null,"day": string | null,"input_tokens": number | null,"kind": string,"model": string,"org_id": string,"output_tokens": number | null,"provider": string,"wasted_tokens": number | null
                  }
                  ComputedFields: never
                  Relationships: [
                    {
      foreignKeyName: "usage_events_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                }
          }
          Functions: {
            "accept_invitation":
{ Args: { "token": string }; Returns: {
              "created_at": string,
"org_id": string,
"role": string,
"user_id": string
            }
                          SetofOptions: {
        from: "*"
        to: "organization_members"
        isOneToOne: true
        isSetofReturn: false
      } },
"add_default_experience":
{ Args: { "p_project_id": string }; Returns: number
                           },
"add_document_chunks":
{ Args: { "p_chunks": Json,"p_job_id": string,"p_lease_token": string,"p_progress"?: number }; Returns: string
                           },
"add_page_reading":
{ Args: { "p_content": string,"p_job_id": string,"p_lease_token": string,"p_page": number,"p_source_hash": string }; Returns: string
                           },
"add_pointer_reading":
{ Args: { "p_input_hash": string,"p_job_id": string,"p_lease_token": string,"p_reading"?: Json,"p_source_hash": string,"p_token_count"?: number,"p_usage"?: Json }; Returns: string
                           },
"add_reembedded_chunks":
{ Args: { "p_chunks": Json,"p_job_id": string,"p_lease_token": string,"p_progress"?: number }; Returns: string
                           },
"add_training_artifact":
{ Args: { "p_artifact": Json,"p_version_id": string }; Returns: {
              "created_at": string,
"format": string,
"id": string,
"line_count": number | null,
"options": NonNullable<Json>,
"options_hash": string,
"org_id": string,
"path": string,
"sha256": string,
"size_bytes": number,
"version_id": string
            }
                          SetofOptions: {
        from: "*"
        to: "training_artifacts"
        isOneToOne: true
        isSetofReturn: false
      } },
"add_training_file_conversations":
{ Args: { "p_conversation_ids": (string)[],"p_idempotency_key"?: string,"p_options"?: Json,"p_request_hash"?: string,"p_training_file_id": string }; Returns: {
              "build_token": string,"file_id": string,"is_new": boolean,"is_queued": boolean,"version_id": string
            }[]
                           },
"add_wasted_usage":
{ Args: { "p_refs": Json }; Returns: undefined
                           },
"audit_installation":
{ Args: { "p_grace_minutes"?: number,"p_part"?: string }; Returns: {
              "check": string,"difference_count": number,"differences": Json,"hint": string,"part": string
            }[]
                           },
"cancel_embedding_switches":
{ Args: { "p_org_id"?: string }; Returns: number
                           },
"cancel_jobs":
{ Args: { "p_filter": Json }; Returns: number
                           },
"cancel_training_file_build":
{ Args: { "p_training_file_id": string }; Returns: Json
                           },
"cancel_training_job":
{ Args: { "p_training_job_id": string }; Returns: {
              "attempts": number,
"completed_at": string | null,
"error_message": string | null,
"id": string,
"org_id": string,
"progress": number,
"queued_at": string,
"started_at": string | null,
"status": string,
"training_doc_id": string,
"trigger": string,
"vault_document_id": string
            }
                          SetofOptions: {
        from: "*"
        to: "mono_training_jobs"
        isOneToOne: true
        isSetofReturn: false
      } },
"claim_jobs":
{ Args: { "p_kinds"?: (string)[],"p_lanes"?: (string)[],"p_lease_seconds"?: number,"p_max_jobs"?: number,"p_max_tokens"?: number,"p_moves"?: Json,"p_worker_id": string }; Returns: {
              "attempt": number,"job_id": string,"kind": string,"lane": string,"lease_token": string,"org_id": string,"payload": Json
            }[]
                           },
"claim_lane_requests":
{ Args: { "p_lane": string,"p_request_count": number,"p_token_count": number }; Returns: number
                           },
"claim_question":
{ Args: { "p_org_id"?: string }; Returns: string
                           },
"claim_training_file_build":
{ Args: { "p_build_token"?: string,"p_version_id": string }; Returns: Json
                           },
"complete_document_job":
{ Args: { "p_chunk_count": number,"p_job_id": string,"p_lease_token": string,"p_revision": number,"p_usage"?: Json }; Returns: string
                           },
"complete_jobs":
{ Args: { "p_refs": Json }; Returns: {
              "job_id": string,"outcome": string
            }[]
                           },
"complete_pointer_job":
{ Args: { "p_job_id": string,"p_lease_token": string,"p_result"?: Json,"p_source_hash": string,"p_usage"?: Json }; Returns: string
                           },
"complete_rebuild_job":
{ Args: { "p_job_id": string,"p_lease_token": string }; Returns: string
                           },
"complete_reembed_job":
{ Args: { "p_job_id": string,"p_lease_token": string,"p_usage"?: Json }; Returns: string
                           },
"complete_sweep_job":
{ Args: { "p_deleted_ids": (string)[],"p_job_id": string,"p_lease_token": string }; Returns: string
                           },
"complete_training_file_build":
{ Args: { "p_build_token": string,"p_result": Json,"p_version_id": string }; Returns: {
              "avg_quality_score": number | null,
"conversation_count": number,
"created_at": string,
"created_by": string | null,
"description": string | null,
"human_reviewed_count": number,
"id": string,
"is_archived": boolean,
"json_file_path": string | null,
"json_file_size": number | null,
"jsonl_file_path": string | null,
"jsonl_file_size": number | null,
"max_quality_score": number | null,
"min_quality_score": number | null,
"name": string,
"org_id": string,
"scaffolding_distribution": NonNullable<Json>,
"stale": boolean,
"stale_policy": string,
"status": string,
"storage_bucket": string,
"total_training_pairs": number,
"updated_at": string,
"version": number
            }
                          SetofOptions: {
        from: "*"
        to: "training_files"
        isOneToOne: true
        isSetofReturn: false
      } },
"create_organization":
{ Args: { "name": string }; Returns: {
              "created_at": string,
"embedding_model": string | null,
"id": string,
"name": string,
"next_embedding_model": string | null,
"updated_at": string
            }
                          SetofOptions: {
        from: "*"
        to: "organizations"
        isOneToOne: true
        isSetofReturn: false
      } },
"create_training_file":
{ Args: { "p_conversation_ids": (string)[],"p_description"?: string,"p_idempotency_key"?: string,"p_name": string,"p_options"?: Json,"p_org_id"?: string,"p_request_hash"?: string }; Returns: {
              "build_token": string,"file_id": string,"is_new": boolean,"is_queued": boolean,"version_id": string
            }[]
                           },
"defer_document_job":
{ Args: { "p_job_id": string,"p_lane": string,"p_lease_token": string,"p_usage"?: Json }; Returns: string
                           },
"defer_jobs":
{ Args: { "p_refs": Json,"p_retry_after"?: number,"p_scope"?: string }; Returns: {
              "job_id": string,"outcome": string
            }[]
                           },
"delete_training_file":
{ Args: { "p_training_file_id": string }; Returns: (string)[]
                           },
"drain_workers":
{ Args: { "p_worker_id"?: string }; Returns: number
                           },
"enqueue_document_training":
{ Args: { "p_org_id"?: string,"p_trigger"?: string,"p_vault_document_id": string }; Returns: {
              "is_new": boolean,"job": Json
            }[]
                           },
"enqueue_jobs":
{ Args: { "p_jobs": Json }; Returns: {
              "dedupe_key": string,"job_id": string,"outcome": string
            }[]
                           },
"enqueue_object_deletion":
{ Args: { "p_bucket": string,"p_delay": string,"p_path": string }; Returns: undefined
                           },
"fail_jobs":
{ Args: { "p_refs": Json }; Returns: {
              "job_id": string,"outcome": string
            }[]
                           },
"fail_training_file_build":
{ Args: { "p_build_token": string,"p_error": Json,"p_version_id": string }; Returns: boolean
                           },
"get_conversation_snapshots":
{ Args: { "p_org_id": string,"p_sha256s": (string)[] }; Returns: Json
                           },
"get_org_id":
{ Args: { "p_min_role"?: string,"p_org_id"?: string }; Returns: string
                           },
"get_pointer_source":
{ Args: { "p_pointer_id": string }; Returns: {
              "description": string,"discipline_name": string,"embedding_model": string,"embedding_text": string,"input_hash": string,"is_read": boolean,"next_embedding_model": string,"org_embedding_model": string,"page_name": string,"revision": number,"sheet_reflection": string,"source_hash": string,"title": string
            }[]
                           },
"get_training_file_entries":
{ Args: { "p_has_fingerprints"?: boolean,"p_version_id": string }; Returns: Json
                           },
"heartbeat_jobs":
{ Args: { "p_lease_seconds"?: number,"p_refs": Json,"p_worker_id": string }; Returns: {
              "is_draining": boolean,"job_id": string,"state": string
            }[]
                           },
"heartbeat_training_file_build":
{ Args: { "p_build_token": string,"p_progress": number,"p_version_id": string }; Returns: boolean
                           },
"invite_member":
{ Args: { "email": string,"org_id": string,"role": string }; Returns: {
              "expires_at": string,"invitation_id": string,"token": string
            }[]
                           },
"is_scan_reading_allowed":
{ Args: { "p_vault_document_id": string }; Returns: boolean
                           },
"leave_organization":
{ Args: { "org_id": string }; Returns: undefined
                           },
"list_conversation_paths":
{ Args: { "p_conversation_ids": (string)[],"p_org_id"?: string }; Returns: {
              "conversation_id": string,"path": string
            }[]
                           },
"list_due_objects":
{ Args: { "p_max_objects": number }; Returns: {
              "bucket": string,"id": string,"path": string
            }[]
                           },
"list_embedded_hashes":
{ Args: { "p_content_hashes": (string)[],"p_embedding_model": string,"p_vault_document_id": string }; Returns: string[]
                           },
"list_page_readings":
{ Args: { "p_source_hash": string,"p_vault_document_id": string }; Returns: {
              "content": string,"page": number
            }[]
                           },
"list_quotas":
{ Args: { "p_org_id"?: string }; Returns: {
              "max_count": number,"name": string,"used_count": number
            }[]
                           },
"list_reembed_chunks":
{ Args: { "p_job_id": string,"p_lease_token": string,"p_max_chunks"?: number }; Returns: {
              "content": string,"content_hash": string,"embedding_model": string,"end_offset": number,"heading_path": (string)[],"is_known": boolean,"max_ordinal": number,"metadata": Json,"ordinal": number,"start_offset": number,"title": string,"token_count": number
            }[]
                           },
"pause_lane":
{ Args: { "p_lane": string,"p_until"?: string }; Returns: undefined
                           },
"release_jobs":
{ Args: { "p_worker_id": string }; Returns: number
                           },
"remove_member":
{ Args: { "org_id": string,"user_id": string }; Returns: undefined
                           },
"remove_training_file_conversations":
{ Args: { "p_conversation_ids": (string)[],"p_idempotency_key"?: string,"p_request_hash"?: string,"p_training_file_id": string }; Returns: {
              "build_token": string,"file_id": string,"is_new": boolean,"is_queued": boolean,"version_id": string
            }[]
                           },
"retry_dead_jobs":
{ Args: { "p_filter": Json }; Returns: number
                           },
"retry_pointer":
{ Args: { "p_pointer_id": string }; Returns: {
              "attempts": number,
"bbox": Json | null,
"created_at": string,
"created_by": string | null,
"cross_references": Json | null,
"description": string | null,
"detail_key": string | null,
"embedding": unknown,
"embedding_model": string | null,
"enrichment_metadata": Json | null,
"enrichment_status": string,
"error_message": string | null,
"id": string,
"input_hash": string | null,
"org_id": string,
"page_id": string,
"png_path": string,
"project_id": string,
"revision": number,
"search_vector": unknown,
"title": string,
"updated_at": string
            }
                          SetofOptions: {
        from: "*"
        to: "pointers"
        isOneToOne: true
        isSetofReturn: false
      } },
"retry_project_pointers":
{ Args: { "p_project_id": string,"p_status"?: string }; Returns: number
                           },
"retry_training_job":
{ Args: { "p_training_job_id": string }; Returns: {
              "attempts": number,
"completed_at": string | null,
"error_message": string | null,
"id": string,
"org_id": string,
"progress": number,
"queued_at": string,
"started_at": string | null,
"status": string,
"training_doc_id": string,
"trigger": string,
"vault_document_id": string
            }
                          SetofOptions: {
        from: "*"
        to: "mono_training_jobs"
        isOneToOne: true
        isSetofReturn: false
      } },
"revoke_invitation":
{ Args: { "id": string }; Returns: undefined
                           },
"search_knowledge":
{ Args: { "p_embedding"?: string,"p_embedding_model"?: string,"p_match_count"?: number,"p_metadata"?: Json,"p_min_similarity"?: number,"p_mode"?: string,"p_org_id": string,"p_project_ids"?: (string)[],"p_query": string,"p_sources"?: (string)[],"p_training_set_ids"?: (string)[],"p_vault_document_ids"?: (string)[] }; Returns: {
              "content": string,"document_id": string,"end_offset": number,"heading_path": (string)[],"id": string,"ordinal": number,"page_id": string,"project_id": string,"score": number,"similarity": number,"source": string,"start_offset": number,"text_rank": number,"title": string,"token_count": number
            }[]
                           },
"set_member_role":
{ Args: { "org_id": string,"role": string,"user_id": string }; Returns: {
              "created_at": string,
"org_id": string,
"role": string,
"user_id": string
            }
                          SetofOptions: {
        from: "*"
        to: "organization_members"
        isOneToOne: true
        isSetofReturn: false
      } },
"switch_embedding_model":
{ Args: { "p_model": string,"p_org_id"?: string }; Returns: number
                           },
"transfer_ownership":
{ Args: { "org_id": string,"user_id": string }; Returns: {
              "created_at": string,
"org_id": string,
"role": string,
"user_id": string
            }
                          SetofOptions: {
        from: "*"
        to: "organization_members"
        isOneToOne: true
        isSetofReturn: false
      } },
"update_lane":
{ Args: { "p_changes": Json,"p_lane": string }; Returns: undefined
                           },
"update_lane_start":
{ Args: { "p_lane": string,"p_max_in_flight": number }; Returns: undefined
                           },
"update_training_file":
{ Args: { "p_changes": Json,"p_training_file_id": string }; Returns: {
              "avg_quality_score": number | null,
"conversation_count": number,
"created_at": string,
"created_by": string | null,
"description": string | null,
"human_reviewed_count": number,
"id": string,
"is_archived": boolean,
"json_file_path": string | null,
"json_file_size": number | null,
"jsonl_file_path": string | null,
"jsonl_file_size": number | null,
"max_quality_score": number | null,
"min_quality_score": number | null,
"name": string,
"org_id": string,
"scaffolding_distribution": NonNullable<Json>,
"stale": boolean,
"stale_policy": string,
"status": string,
"storage_bucket": string,
"total_training_pairs": number,
"updated_at": string,
"version": number
            }
                          SetofOptions: {
        from: "*"
        to: "training_files"
        isOneToOne: true
        isSetofReturn: false
      } },
"validate_installation":
{ Args: Record<PropertyKey, never>; Returns: {
              "check": string,"detail": string,"hint": string,"ok": boolean
            }[]
                           }
          }
          Enums: {
            [_ in never]: never
          }
          CompositeTypes: {
            [_ in never]: never
          }
        }
}

type DatabaseWithoutInternals = Omit<Database, '__InternalSupabase'>

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">]

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])[TableName] extends {
      Row: infer R
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
  ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
      Row: infer R
    }
    ? R
    : never
  : never

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Insert: infer I
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
  ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Insert: infer I
    }
    ? I
    : never
  : never

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Update: infer U
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
  ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Update: infer U
    }
    ? U
    : never
  : never

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never = never
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
  ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
  : never

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never = never
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
  ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
  : never

export const Constants = {
  "public": {
          Enums: {
            
          }
        }
} as const
