import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Driver, defineDriver, type Proposal } from '../../../agent/devices/driver.ts';
import type { Address, TcpPort } from '../../../agent/platform/network.ts';
import { discoverAt, guessable, lookAtPorts } from '../../../agent/probe/guess.ts';
import { FatalError, RecoverableError } from '../../../protocols/errors.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock } from '../../support/clock.ts';
import { createTestNetwork } from '../../support/driver-context.ts';

const never = new AbortController().signal;

function family(name: string, defaultPort: number | undefined, discover?: Driver['discover']): Driver {
  return defineDriver<unknown>({
    family: name,
    label: { vi: name, en: name },
    settings: z.unknown(),
    defaultPort,
    capabilities: [],
    connect: () => Promise.reject(new Error('nobody may be asked here')),
    ...(discover ? { discover } : {}),
  });
}

const proposalAt = (address: Address): Proposal => ({
  key: 'k',
  family: 'f',
  address,
  needsCredentials: true,
  evidence: [],
});

/** A port where only `open` takes connections; it fails the test when a byte is written. */
function portWith(open: readonly number[], closed: number[] = []): TcpPort {
  return {
    connect: async ({ port }) => {
      if (port === 9) throw new FatalError('address-not-allowed', 'outside the policy');
      if (!open.includes(port)) throw new RecoverableError('connection-refused', 'closed');
      return {
        write: () => Promise.reject(new Error('no byte may be written')),
        read: () => Promise.reject(new Error('nothing is read')),
        [Symbol.asyncDispose]: async () => void closed.push(port),
      };
    },
  };
}

describe('guessing what a device is', () => {
  it('opens the usual ports, closes them again without a byte, and says who may be asked', async () => {
    const searching = family('projector', 4352, async function* () {});
    const drivers = [searching, family('reader', 5084), family('board', undefined), family('switch', 161)];
    const closed: number[] = [];
    const looks = await lookAtPorts(drivers, '10.0.0.5', portWith([4352, 5084], closed), never);
    expect(looks.map(({ driver, isOpen, mayAsk }) => [driver.family, isOpen, mayAsk])).toEqual([
      ['projector', true, true],
      ['reader', true, false],
    ]);
    expect(closed.sort()).toEqual([4352, 5084]);
    expect(guessable(drivers)).toHaveLength(2);
  });

  it('tells an address that the policy forbids instead of calling it closed', async () => {
    await expect(lookAtPorts([family('a', 9)], '10.0.0.5', portWith([]), never)).rejects.toThrow('outside the policy');
  });

  it('believes a search only about the address that was asked', async () => {
    const clock = createFakeClock();
    const context = { ...createTestNetwork(clock), clock, log: silentLog };
    const address = { host: '10.0.0.5', port: 80 };
    const finds = (...found: readonly Address[]) =>
      async function* () {
        for (const place of found) yield proposalAt(place);
      };
    const drivers = [
      family('right', 80, finds({ host: '10.0.0.9', port: 80 }, address)),
      family('usual port', 80, async function* () {
        yield { ...proposalAt(address), address: { host: address.host } };
      }),
      family('other host', 80, finds({ host: '10.0.0.9', port: 80 })),
      family('other port', 80, finds({ host: '10.0.0.5', port: 81 })),
      family('broken', 80, () => {
        throw new Error('it fails');
      }),
      family('none', 80),
    ];
    const found = await discoverAt(drivers, context, address, never);
    expect(found.map((driver) => driver.family)).toEqual(['right', 'usual port']);
    expect(clock.pending).toBe(0);
  });
});
