export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  
  "public": {
          Tables: {
            "mono_training_chunks": {
                  Row: {
                    "content": string,"content_hash": string,"created_at": string,"embedding": unknown,"embedding_model": string,"end_offset": number,"generation": number,"heading_path": (string)[],"id": string,"metadata": NonNullable<Json>,"ordinal": number,"org_id": string,"search_vector": unknown,"start_offset": number,"token_count": number,"training_doc_id": string,"vault_document_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "content": string,"content_hash": string,"created_at"?: string,"embedding": unknown,"embedding_model": string,"end_offset": number,"generation": number,"heading_path"?: (string)[],"id"?: string,"metadata"?: NonNullable<Json>,"ordinal": number,"org_id": string,"search_vector"?: never,"start_offset": number,"token_count": number,"training_doc_id": string,"vault_document_id": string
                  }
                  Update: {
                    "content"?: string,"content_hash"?: string,"created_at"?: string,"embedding"?: unknown,"embedding_model"?: string,"end_offset"?: number,"generation"?: number,"heading_path"?: (string)[],"id"?: string,"metadata"?: NonNullable<Json>,"ordinal"?: number,"org_id"?: string,"search_vector"?: never,"start_offset"?: number,"token_count"?: number,"training_doc_id"?: string,"vault_document_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "mono_training_chunks_org_id_vault_document_id_fkey"
      columns: ["org_id","vault_document_id"]
isOneToOne: false
      referencedRelation: "vault_documents"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "mono_training_chunks_training_doc_id_fkey"
      columns: ["training_doc_id"]
isOneToOne: false
      referencedRelation: "mono_training_docs"
      referencedColumns: ["id"]
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
                    "auto_train": boolean,"created_at": string,"description": string | null,"id": string,"name": string,"org_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "auto_train"?: boolean,"created_at"?: string,"description"?: string | null,"id"?: string,"name": string,"org_id": string,"updated_at"?: string
                  }
                  Update: {
                    "auto_train"?: boolean,"created_at"?: string,"description"?: string | null,"id"?: string,"name"?: string,"org_id"?: string,"updated_at"?: string
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
                },"organizations": {
                  Row: {
                    "created_at": string,"id": string,"name": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"id"?: string,"name": string,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"id"?: string,"name"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    
                  ]
                },"vault_documents": {
                  Row: {
                    "chunk_generation": number | null,"created_at": string,"created_by": string | null,"id": string,"mime_type": string,"org_id": string,"revision": number,"storage_path": string,"title": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "chunk_generation"?: number | null,"created_at"?: string,"created_by"?: string | null,"id"?: string,"mime_type": string,"org_id": string,"revision"?: number,"storage_path": string,"title": string,"updated_at"?: string
                  }
                  Update: {
                    "chunk_generation"?: number | null,"created_at"?: string,"created_by"?: string | null,"id"?: string,"mime_type"?: string,"org_id"?: string,"revision"?: number,"storage_path"?: string,"title"?: string,"updated_at"?: string
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
            [_ in never]: never
          }
          Functions: {
            "add_document_chunks":
{ Args: { "p_chunks": Json,"p_job_id": string,"p_lease_token": string,"p_progress"?: number }; Returns: string
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
{ Args: { "p_kinds"?: (string)[],"p_lease_seconds"?: number,"p_max_jobs"?: number,"p_worker_id": string }; Returns: {
              "attempt": number,"job_id": string,"kind": string,"lease_token": string,"org_id": string,"payload": Json
            }[]
                           },
"complete_document_job":
{ Args: { "p_chunk_count": number,"p_job_id": string,"p_lease_token": string,"p_revision": number,"p_usage"?: Json }; Returns: string
                           },
"create_organization":
{ Args: { "name": string }; Returns: {
              "created_at": string,
"id": string,
"name": string,
"updated_at": string
            }
                          SetofOptions: {
        from: "*"
        to: "organizations"
        isOneToOne: true
        isSetofReturn: false
      } },
"enqueue_document_training":
{ Args: { "p_org_id": string,"p_trigger"?: string,"p_vault_document_id": string }; Returns: {
              "is_new": boolean,"job": Json
            }[]
                           },
"enqueue_jobs":
{ Args: { "p_jobs": Json }; Returns: {
              "dedupe_key": string,"job_id": string,"outcome": string
            }[]
                           },
"fail_jobs":
{ Args: { "p_refs": Json }; Returns: {
              "job_id": string,"outcome": string
            }[]
                           },
"get_org_id":
{ Args: { "p_min_role"?: string,"p_org_id"?: string }; Returns: string
                           },
"heartbeat_jobs":
{ Args: { "p_lease_seconds"?: number,"p_refs": Json,"p_worker_id": string }; Returns: {
              "job_id": string,"state": string
            }[]
                           },
"release_jobs":
{ Args: { "p_worker_id": string }; Returns: number
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
"search_knowledge":
{ Args: { "p_embedding"?: string,"p_embedding_model"?: string,"p_match_count"?: number,"p_metadata"?: Json,"p_min_similarity"?: number,"p_mode"?: string,"p_org_id": string,"p_query": string,"p_sources"?: (string)[],"p_training_set_ids"?: (string)[],"p_vault_document_ids"?: (string)[] }; Returns: {
              "content": string,"document_id": string,"end_offset": number,"heading_path": (string)[],"id": string,"ordinal": number,"score": number,"similarity": number,"source": string,"start_offset": number,"text_rank": number,"title": string,"token_count": number
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
