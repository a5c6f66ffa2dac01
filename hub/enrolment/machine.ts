import type { MachineFingerprint } from '../../protocols/fleet/enrolment.ts';

/** Whether two fingerprints are of one machine, as far as they tell. */
export type MachineVerdict = 'same' | 'other' | 'unsure';

/** What makers leave in a serial number that they never wrote (SMBIOS tables of common boards). */
const blankSerials = new Set([
  '',
  '0',
  'none',
  'null',
  'n/a',
  'na',
  'unknown',
  'invalid',
  'not applicable',
  'not available',
  'not specified',
  'not present',
  'default string',
  'default',
  'empty',
  'serial',
  'serial number',
  'system serial number',
  'base board serial number',
  'chassis serial number',
  'to be filled by o.e.m.',
  'to be filled by oem',
  'o.e.m.',
  'oem',
  '123456789',
  '1234567890',
  '0123456789',
]);

/** The serial as it is compared; undefined when it says nothing. */
function serialOf(text: string | undefined): string | undefined {
  const plain = (text ?? '').trim().toLowerCase().replace(/\s+/g, ' ');
  const isOneSymbol = new Set(plain.replace(/[\s.\-:_]/g, '')).size <= 1;
  return blankSerials.has(plain) || isOneSymbol || plain.length < 4 ? undefined : plain;
}

/** Only addresses that a maker burnt in (IEEE 802, 8.2): those of bridges, containers and virtual machines move with a disk. */
function macOf(text: string): string | undefined {
  const plain = text.toLowerCase().replace(/[^0-9a-f]/g, '');
  if (plain.length !== 12 || new Set(plain).size === 1) return undefined;
  const isLocalOrGroup = (Number.parseInt(plain.slice(0, 2), 16) & 0b11) !== 0;
  return isLocalOrGroup ? undefined : plain;
}

interface MachineIds {
  readonly tpm: readonly string[];
  readonly board: readonly string[];
  readonly disk: readonly string[];
  readonly mac: readonly string[];
}

function idsOf({ tpmKey, boardSerial, diskSerials, macs }: MachineFingerprint): MachineIds {
  const board = serialOf(boardSerial);
  return {
    tpm: tpmKey === undefined ? [] : [tpmKey],
    board: board === undefined ? [] : [board],
    disk: diskSerials.flatMap((serial) => serialOf(serial) ?? []),
    mac: macs.flatMap((mac) => macOf(mac) ?? []),
  };
}

/** Words by which a machine is looked up, strongest first: `tpm:...`, `board:...`, `mac:...`, `disk:...`. */
export function machineKeys(fingerprint: MachineFingerprint): string[] {
  const { tpm, board, disk, mac } = idsOf(fingerprint);
  return [
    ...new Set([
      ...tpm.map((id) => `tpm:${id}`),
      ...board.map((id) => `board:${id}`),
      ...mac.map((id) => `mac:${id}`),
      ...disk.map((id) => `disk:${id}`),
    ]),
  ];
}

/**
 * Compares by the strongest part that both know. The TPM decides first, for its key cannot be written into another one, whatever
 * a board says of itself; then the board, for a disk can be moved or copied; then the network cards, and at last the disk. Nothing
 * in common that both know means another machine. A TPM that only one of the two knows says nothing: it may have been switched
 * on, or not have answered.
 */
export function compareMachines(a: MachineFingerprint, b: MachineFingerprint): MachineVerdict {
  const [first, second] = [idsOf(a), idsOf(b)];
  for (const part of ['tpm', 'board', 'mac', 'disk'] as const) {
    if (first[part].length === 0 || second[part].length === 0) continue;
    return first[part].some((id) => second[part].includes(id)) ? 'same' : 'other';
  }
  return 'unsure';
}
