import { describe, expect, it } from 'vitest';
import { DeviceError, toDeviceError } from '../../../agent/devices/error.ts';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { FatalError, RecoverableError } from '../../../protocols/errors.ts';

describe('what a port or codec threw, as a device error', () => {
  it.each([
    [new RecoverableError('connection-refused', 'x'), 'talk', 'refused'],
    [new RecoverableError('unreachable', 'x'), 'talk', 'unreachable'],
    [new RecoverableError('timeout', 'x'), 'talk', 'timeout'],
    [new RecoverableError('timeout', 'x'), 'connect', 'unreachable'],
    [new RecoverableError('connection-lost', 'x'), 'talk', 'connection-lost'],
    [new RecoverableError('response-too-large', 'x'), 'talk', 'protocol'],
    [new ProtocolError('truncated', 'x'), 'talk', 'protocol'],
    [new ProtocolError('oversize', 'x'), 'connect', 'protocol'],
  ] as const)('%s in phase %s is %s', (thrown, phase, code) => {
    const error = toDeviceError(thrown, 'ask for power', phase);
    expect(error).toBeInstanceOf(DeviceError);
    expect(error).toMatchObject({ code, message: 'ask for power: x', cause: thrown });
  });

  it('leaves alone what is a device error already, or none of the device', () => {
    const others = [
      new DeviceError('busy', 'x'),
      new FatalError('address-not-allowed', 'x'),
      new FatalError('toString', 'x'),
      new TypeError('a bug'),
      'text',
    ];
    for (const thrown of others) expect(toDeviceError(thrown, 'ask')).toBe(thrown);
  });
});
