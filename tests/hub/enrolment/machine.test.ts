import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareMachines, machineKeys } from '../../../hub/enrolment/machine.ts';
import type { MachineFingerprint } from '../../../protocols/fleet/enrolment.ts';

const machine = (part: Partial<MachineFingerprint> = {}): MachineFingerprint => ({
  macs: [],
  diskSerials: [],
  ...part,
});
const fingerprints = fc.record(
  {
    boardSerial: fc.string({ maxLength: 20 }),
    tpmKey: fc.constantFrom('a'.repeat(64), 'b'.repeat(64)),
    macs: fc.array(fc.string({ maxLength: 17 }), { maxLength: 4 }),
    diskSerials: fc.array(fc.string({ maxLength: 20 }), { maxLength: 4 }),
  },
  { requiredKeys: ['macs', 'diskSerials'] },
);

describe('machines', () => {
  it('are told apart by their board, although a disk was copied or moved', () => {
    const first = machine({ boardSerial: 'PF2ABC12', diskSerials: ['S4EVNX0M'], macs: ['00:11:22:33:44:55'] });
    expect(compareMachines(first, { ...first, diskSerials: ['OTHER-DISK'] })).toBe('same');
    expect(compareMachines(first, { ...first, boardSerial: 'PF9ZZZ99' })).toBe('other');
  });

  it('are told apart by their TPM, although board and disk say the same; one that shows for the first time says nothing', () => {
    const plain = machine({ boardSerial: 'PF2ABC12', diskSerials: ['S4EVNX0M'] });
    const chipped = { ...plain, tpmKey: 'a'.repeat(64) };
    expect(compareMachines(chipped, { ...plain, tpmKey: 'b'.repeat(64) })).toBe('other');
    expect(compareMachines(chipped, machine({ boardSerial: 'PF9ZZZ99', tpmKey: 'a'.repeat(64) }))).toBe('same');
    expect(compareMachines(plain, chipped)).toBe('same');
    expect(compareMachines({ ...plain, boardSerial: 'PF9ZZZ99' }, chipped)).toBe('other');
    expect(machineKeys(chipped)[0]).toBe(`tpm:${'a'.repeat(64)}`);
  });

  it('are compared by what both know', () => {
    const nic = machine({ macs: ['00:11:22:33:44:55', '02:42:ac:11:00:02'] });
    expect(compareMachines(nic, machine({ macs: ['00-11-22-33-44-55'] }))).toBe('same');
    expect(compareMachines(nic, machine({ macs: ['00:11:22:33:44:56'] }))).toBe('other');
    expect(compareMachines(machine({ diskSerials: ['S4EVNX0M'] }), machine({ diskSerials: ['s4evnx0m '] }))).toBe(
      'same',
    );
    expect(compareMachines(nic, machine({ boardSerial: 'PF2ABC12' }))).toBe('unsure');
  });

  it('are not known by what a maker never wrote, nor by addresses that move with a disk', () => {
    for (const blank of ['To be filled by O.E.M.', 'Default string', '00000000', 'xxxxxxxx', ' ', 'N/A', '123'])
      expect(machineKeys(machine({ boardSerial: blank, diskSerials: [blank] })), blank).toEqual([]);
    expect(
      machineKeys(machine({ macs: ['02:42:ac:11:00:02', 'ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00', 'x'] })),
    ).toEqual([]);
  });

  it('are the same as themselves or unknown, whichever of two is asked first', () => {
    fc.assert(
      fc.property(fingerprints, fingerprints, (a, b) => {
        expect(compareMachines(a, a)).toBe(machineKeys(a).length > 0 ? 'same' : 'unsure');
        expect(compareMachines(a, b)).toBe(compareMachines(b, a));
        const shared = machineKeys(a).some((key) => machineKeys(b).includes(key));
        if (compareMachines(a, b) === 'same') expect(shared).toBe(true);
      }),
    );
  });
});
