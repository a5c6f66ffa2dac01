import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Desired, desiredSchema } from '../../../protocols/fleet/messages.ts';
import { newKeyPem } from '../../../provisioning/enrolment/key-pair.ts';
import { canSealTo, openDesired, sealDesired, sealingWay } from '../../../provisioning/sealing/credentials.ts';

const mine = { agentId: 'agent-1', keyPem: newKeyPem() };
const other = { agentId: 'agent-1', keyPem: newKeyPem() };
const recipient = createPublicKey(mine.keyPem);
const secret = { username: 'quản trị', password: 'bí mật 7 <&>' };

function wish(
  credentials: readonly (Desired['devices'][number]['credentials'] | undefined)[],
  generation = 7,
): Desired {
  const devices = credentials.map((value, at) => ({
    id: `device-${at}`,
    family: 'some',
    name: `Thiết bị ${at}`,
    settings: { at },
    ...(value ? { credentials: value } : {}),
  }));
  return { generation, issuedAt: 1, devices, refused: ['k'] };
}

const credentials = fc.option(
  fc.record({ username: fc.string({ maxLength: 200 }), password: fc.string({ maxLength: 200 }) }, { requiredKeys: [] }),
  { nil: undefined },
);

describe('credentials that are sealed to an agent', () => {
  it('come back as they were, fit the contract, and show nothing on the way', () => {
    fc.assert(
      fc.property(
        fc.array(credentials, { maxLength: 6 }),
        fc.integer({ min: 1, max: 2 ** 31 }),
        (values, generation) => {
          const desired = wish(values, generation);
          const sealed = sealDesired(desired, mine.agentId, recipient);
          expect(desiredSchema.strict().parse(sealed)).toEqual(sealed);
          expect(sealed.devices.some((device) => device.credentials)).toBe(false);
          expect(openDesired(sealed, mine)).toEqual({ desired, unopened: [] });
        },
      ),
      { numRuns: 60 },
    );
    const text = JSON.stringify(sealDesired(wish([secret]), mine.agentId, recipient));
    for (const word of [secret.username, secret.password]) expect(text).not.toContain(word);
  });

  it('are sealed anew each time, and two devices with one password do not show it', () => {
    const [first, second] = [1, 2].map(() => sealDesired(wish([secret, secret]), mine.agentId, recipient));
    const values = [first, second].flatMap(
      (desired) => desired?.devices.map((device) => device.sealedCredentials) ?? [],
    );
    expect(new Set(values).size).toBe(4);
    expect(first?.sealing?.key).not.toBe(second?.sealing?.key);
  });

  const sealed = sealDesired(wish([secret, { password: 'another' }]), mine.agentId, recipient);
  const [one, two] = sealed.devices;
  it.each<[string, Desired, typeof mine]>([
    ['another agent holds the document', sealed, { ...mine, agentId: 'agent-2' }],
    ['another key is tried', sealed, other],
    ['it is said to be of another generation', { ...sealed, generation: 8 }, mine],
    [
      'two devices are swapped',
      {
        ...sealed,
        devices: [
          { ...one!, sealedCredentials: two!.sealedCredentials! },
          { ...two!, sealedCredentials: one!.sealedCredentials! },
        ],
      },
      mine,
    ],
    [
      'the key beside it is another',
      { ...sealed, sealing: { way: sealingWay, key: sealDesired(wish([secret]), 'agent-1', recipient).sealing!.key } },
      mine,
    ],
    ['the key beside it is none', { ...sealed, sealing: { way: sealingWay, key: 'AAAA' } }, mine],
    ['the way is unknown', { ...sealed, sealing: { way: 'p256-2', key: sealed.sealing!.key } }, mine],
    ['nothing says how', { generation: 7, issuedAt: 1, refused: [], devices: sealed.devices }, mine],
  ])('do not open when %s', (_, desired, identity) => {
    const opened = openDesired(desired, identity);
    expect(opened.unopened).toEqual(['device-0', 'device-1']);
    expect(JSON.stringify(opened.desired)).not.toContain(secret.password);
    for (const device of opened.desired.devices) expect(device).not.toHaveProperty('credentials');
  });

  it('do not open when any byte was changed', () => {
    const bytes = Buffer.from(one?.sealedCredentials ?? '', 'base64url');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ change;
        const devices = [{ ...one!, sealedCredentials: changed.toString('base64url') }];
        expect(openDesired({ ...sealed, devices }, mine).unopened).toEqual(['device-0']);
      }),
    );
  });

  it('need a key on P-256', () => {
    expect(canSealTo(recipient)).toBe(true);
    expect(canSealTo(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey)).toBe(false);
    expect(canSealTo(generateKeyPairSync('ed25519').publicKey)).toBe(false);
  });

  it('stay in the clear where an older hub sent them so', () => {
    const plain = wish([secret]);
    expect(openDesired(plain, mine)).toEqual({ desired: plain, unopened: [] });
  });
});
