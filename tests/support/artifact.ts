import type { Artifact } from '../../agent/devices/driver.ts';

/** An artifact as the agent hands it over, read in pieces of `pieceBytes`. */
export function createTestArtifact(
  content: Uint8Array,
  { pieceBytes = 65_536, ...over }: Partial<Artifact> & { readonly pieceBytes?: number } = {},
): Artifact {
  return {
    kind: 'app',
    name: 'org.example.anatomy',
    sizeBytes: content.length,
    async *open() {
      for (let at = 0; at < content.length; at += pieceBytes) yield content.subarray(at, at + pieceBytes);
    },
    ...over,
  };
}
