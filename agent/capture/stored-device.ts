import { FatalError } from '../../protocols/errors.ts';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import { openDesired } from '../../provisioning/sealing/credentials.ts';
import { readSealingIdentity } from '../identity.ts';
import { readDatabaseCopy } from '../uplink/database-copy.ts';
import { readStoredDesired } from '../uplink/desired-store.ts';

/**
 * The device `id` as the hub last wished it, out of the outbox file of `dataDir`, also while the agent runs.
 * Throws FatalError `unknown-device`, `unknown-outbox`.
 */
export function readStoredDevice(dataDir: string, id: string): DesiredDevice {
  const stored = readDatabaseCopy(dataDir, readStoredDesired);
  const key = readSealingIdentity(dataDir);
  const devices = (stored && key ? openDesired(stored, key).desired : stored)?.devices ?? [];
  const device = devices.find((candidate) => candidate.id === id);
  if (device) return device;
  const known = devices.map((candidate) => `${candidate.id} (${candidate.name})`).join(', ');
  throw new FatalError(
    'unknown-device',
    `this agent has no device ${id}; it has ${known || 'none'}. For an address give --family as well`,
  );
}
