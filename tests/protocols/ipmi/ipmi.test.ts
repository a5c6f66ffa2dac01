import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { parseChassisStatus, parseController, parseInventory } from '../../../protocols/ipmi/controller.ts';
import { parseLogEntries, parseLogSummary } from '../../../protocols/ipmi/event-log.ts';
import { classifyFailure, failureMessage } from '../../../protocols/ipmi/failure.ts';
import { type IpmiQuestion, ipmitoolArguments, questions } from '../../../protocols/ipmi/invocation.ts';
import { maxOutputBytes } from '../../../protocols/ipmi/output.ts';
import { decodePresencePong, encodePresencePing } from '../../../protocols/ipmi/presence.ts';
import { parseSensors } from '../../../protocols/ipmi/sensor.ts';
import { bytesOf, loadVectors, type Vector } from '../../support/vectors.ts';

interface KindVector extends Vector {
  readonly kind: string;
}

const parsers: Readonly<Record<string, (output: string) => unknown>> = {
  controller: parseController,
  chassis: parseChassisStatus,
  sensors: parseSensors,
  inventory: parseInventory,
  logSummary: parseLogSummary,
  log: parseLogEntries,
};

describe('what the real ipmitool prints', () => {
  it.each(loadVectors<KindVector>('ipmi', 'outputs'))('$kind: $name', ({ kind, text, value }) => {
    expect(parsers[kind]?.(text ?? '')).toEqual(value);
  });

  it.each(loadVectors('ipmi', 'failures'))('failure: $name', ({ text, value }) => {
    expect(classifyFailure(text ?? '')).toBe(value);
    expect(failureMessage(text ?? '')).toMatch(/^\S.{5,}/);
  });
});

describe('any output', () => {
  it.each(Object.entries(parsers))('is read as %s, or is a ProtocolError', (_name, parse) => {
    const cell = fc.constantFrom(
      ' | ',
      '\n',
      ' : ',
      '01h',
      'ok',
      '3.1',
      '45 degrees C',
      'Entries',
      'System Power',
      'on',
      'x',
      'ff',
      '\u0000',
      'đ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(cell).map((cells) => cells.join('')),
        ),
        (output) => {
          try {
            parse(output);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolError);
          }
        },
      ),
    );
  });

  it('is bounded', () => {
    const line = 'CPU1 Temp        | 01h | ok  |  3.1 | 45 degrees C\n';
    expect(parseSensors(line.repeat(5_000))).toHaveLength(256);
    expect(parseSensors(`${'x'.repeat(maxOutputBytes * 2)}\n${line}`)).toEqual([]);
    const entry = '   1 |  Pre-Init  |0000000001| Fan FAN1 | Failure detected | Asserted\n';
    expect(parseLogEntries(entry.repeat(5_000))).toHaveLength(256);
    expect(classifyFailure('x'.repeat(1_000_000))).toBe('other');
  });
});

describe('sensors', () => {
  const read = (line: string) => parseSensors(line)[0];

  it.each([
    ['Fan1 | 30h | ns  |  7.1 | No Reading', { kind: 'state', level: 'absent', value: undefined }],
    ['Fan1 | 30h | ns  |  7.1 | Disabled', { kind: 'state', level: 'absent' }],
    ['Exhaust | 0Eh | nc  |  7.1 | 104 degrees F', { kind: 'temperature', level: 'warning', value: 40 }],
    ['Load | 0Fh | ok  |  7.1 | 28 percent', { kind: 'share', value: 28 }],
    ['Amps | 0Fh | cr  |  7.1 | 0.40 Amps', { kind: 'current', value: 0.4, level: 'error' }],
    ['Redundancy | 0Fh | ok  |  7.1 | Redundancy Lost', { level: 'error' }],
    ['Memory | 0Fh | ok  |  7.1 | Presence Detected, Correctable ECC', { level: 'warning' }],
    ['Intrusion | 0Fh | ok  | 23.1 | General Chassis intrusion', { level: 'warning' }],
    ['Intrusion | 0Fh | ok  | 23.1 |', { level: 'absent' }],
    ['Disk 1 | 0Fh | ok  |  4.1 | Drive Present, Drive Fault', { level: 'error' }],
  ])('%s', (line, expected) => expect(read(line)).toMatchObject(expected));

  it('are not the controllers and inventories of the same list', () => {
    for (const rest of ['Dynamic MC @ 20h', 'Static MC @ C0h', 'Log FRU @00h c2.60', 'Event-Only']) {
      expect(read(`BMC | 00h | ok  |  7.1 | ${rest}`)).toBeUndefined();
    }
  });
});

describe('the log', () => {
  it('counts in hexadecimal, tells the end of a trouble as none, and reads a set clock', () => {
    const [entry] = parseLogEntries(
      '  1f | 11/24/26 | 12:10:33 UTC | Temperature CPU1 Temp | Upper Critical going high | Deasserted | Reading 40 < Threshold 95 degrees C',
    );
    expect(entry).toEqual({
      id: 31,
      time: '11/24/26 12:10:33 UTC',
      part: 'Temperature CPU1 Temp',
      message: 'Upper Critical going high, Deasserted, Reading 40 < Threshold 95 degrees C',
      severity: 'ok',
    });
    expect(parseLogEntries('SEL has no entries\n')).toEqual([]);
  });
});

describe('an inventory', () => {
  it('that nobody filled in tells nothing', () => {
    const output =
      ' Product Manufacturer  : To be filled by O.E.M.\n Product Serial : 0000000\n Chassis Serial : C-1\n Board Mfg : ACME\n';
    expect(parseInventory(output)).toMatchObject({ manufacturer: 'ACME', serial: 'C-1', product: undefined });
    expect(parseInventory('')).toMatchObject({ serial: undefined });
  });
});

describe('how ipmitool is called', () => {
  const target = {
    host: '10.0.0.5',
    port: 623,
    username: '-x --version',
    interface: 'lanplus',
    cipherSuite: 17,
  } as const;

  it('never names a password, and leaves a user one argument', () => {
    for (const question of Object.keys(questions) as IpmiQuestion[]) {
      const args = ipmitoolArguments(target, question);
      expect(args).toContain('-E');
      expect(args).not.toContain('-P');
      expect(args[args.indexOf('-L') + 1]).toBe('OPERATOR');
      expect(args[args.indexOf('-U') + 1]).toBe('-x --version');
      expect(args.slice(-questions[question].length)).toEqual(questions[question]);
    }
    expect(ipmitoolArguments(target, 'chassis')).toContain('17');
    expect(ipmitoolArguments({ ...target, interface: 'lan' }, 'chassis')).not.toContain('-C');
  });
});

describe('presence', () => {
  const vectors = loadVectors<KindVector>('ipmi', 'presence');

  it.each(vectors.filter(({ kind }) => kind === 'ping'))('writes $name', (vector) => {
    const { tag } = vector.value as { tag: number };
    expect(encodePresencePing(tag)).toEqual(bytesOf(vector));
  });

  it.each(vectors.filter(({ kind }) => kind === 'pong'))('reads $name, and no part of it', (vector) => {
    const bytes = bytesOf(vector);
    expect(decodePresencePong(bytes)).toEqual(vector.value);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodePresencePong(bytes.subarray(0, length))).toThrow(ProtocolError);
    }
    // Its own question thrown back at it is no answer.
    expect(() => decodePresencePong(Uint8Array.from([...encodePresencePing(7), ...new Uint8Array(16)]))).toThrow(
      ProtocolError,
    );
  });

  it('takes nothing else for an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 28, maxLength: 60 }), (bytes) => {
        if (bytes[0] === 6 && bytes[3] === 6 && bytes[8] === 0x40) return;
        expect(() => decodePresencePong(bytes)).toThrow(ProtocolError);
      }),
    );
  });
});
