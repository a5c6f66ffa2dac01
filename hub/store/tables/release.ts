import type { ColumnType } from 'kysely';
import type { ReleaseComponent } from '../../../protocols/fleet/rollout/target.ts';

/** Row types of releases (migration 026). */

type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>;
type Time = ColumnType<Date, Date, Date>;

interface ReleaseTable {
  id: string;
  component: ReleaseComponent;
  name: string;
  version: string;
  family: Nullable<string>;
  models: ColumnType<readonly string[], string, string>;
  from_versions: ColumnType<readonly string[], string, string>;
  release_counter: number;
  least_agent_version: Nullable<string>;
  needed_bytes: Nullable<number>;
  notes: Nullable<string>;
  sbom_sha256: Nullable<string>;
  file: string;
  sha256: string;
  length: number;
  state: 'uploading' | 'stored' | 'withdrawn';
  created_at: Time;
  created_by: string;
  stored_at: Nullable<Date>;
  withdrawn_at: Nullable<Date>;
  withdrawn_by: Nullable<string>;
}

interface ArtifactTable {
  sha256: string;
  length: number;
  stored_at: Time;
}

interface ReleaseMetadataTable {
  role: 'root' | 'targets' | 'snapshot' | 'timestamp';
  version: number;
  bytes: Buffer;
  expires_at: Time;
  taken_at: Time;
  taken_by: string;
}

export interface ReleaseTables {
  release: ReleaseTable;
  artifact: ArtifactTable;
  release_metadata: ReleaseMetadataTable;
}
