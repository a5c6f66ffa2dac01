import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseBattery,
  parseDevices,
  parseDisk,
  parsePackageFailure,
  parsePackages,
  parseProperties,
} from '../../../protocols/adb/readings.ts';
import {
  connectService,
  type DeviceRequest,
  disconnectService,
  isPackageName,
  serviceOf,
  transportService,
} from '../../../protocols/adb/services.ts';
import { decodeBlock, decodeLength, decodeStatus, encodeRequest } from '../../../protocols/adb/smart-socket.ts';
import { decodeSyncStatus, encodeDone, encodeFile, encodeQuit, encodeSend } from '../../../protocols/adb/sync.ts';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { bytesOf, loadVectors, testVectors, type Vector } from '../../support/vectors.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const block = (bytes: Uint8Array) => decodeBlock(bytes, 65_535);

/** Whatever comes, a codec throws nothing but ProtocolError. */
function survives(read: () => unknown): void {
  try {
    read();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ProtocolError);
  }
}

describe('requests and blocks of the adb server', () => {
  testVectors(loadVectors('adb', 'requests'), { decode: block, encode: (text) => encodeRequest(String(text)) });
  testVectors(loadVectors('adb', 'blocks'), { decode: block });

  it('come back as they were sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }), (text) => {
        fc.pre(text.isWellFormed() && !/\p{Cc}/u.test(text));
        expect(block(encodeRequest(text))).toBe(text);
      }),
    );
  });

  it('are bounded and hold no control characters', () => {
    expect(() => encodeRequest('x'.repeat(1_025))).toThrow(/1025 bytes/);
    for (const bad of ['', 'shell:a\nb', 'shell:a\0']) expect(() => encodeRequest(bad)).toThrow(ProtocolError);
    expect(() => decodeLength(utf8('ffff'), 1_000)).toThrow(/where 1000 may be/);
    expect(() => decodeLength(utf8('+fff'), 65_535)).toThrow(/hexadecimal/);
    expect(() => block(utf8('0002abc'))).toThrow(/follow/);
  });

  it('have a status of two words', () => {
    expect(['OKAY', 'FAIL'].map((word) => decodeStatus(utf8(word)))).toEqual(['okay', 'fail']);
    for (const bad of ['OKA', 'okay', 'HTTP']) expect(() => decodeStatus(utf8(bad))).toThrow(ProtocolError);
  });

  it('survive any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        survives(() => decodeStatus(bytes));
        survives(() => block(bytes));
        survives(() => decodeSyncStatus(bytes, 100));
      }),
    );
  });
});

describe('services of a headset', () => {
  it('let no word from outside into a shell but the name of a package', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.constantFrom('remove', 'launch', 'process'), (name, kind) => {
        const request = { kind, package: name } as DeviceRequest;
        if (isPackageName(name)) expect(serviceOf(request)).toMatch(/^shell:[a-z]+ [A-Za-z0-9_. -]+$/);
        else expect(() => serviceOf(request)).toThrow(ProtocolError);
      }),
    );
    for (const bad of [
      'a.b;reboot',
      'a.b c',
      'a.$(id)',
      '-r.x',
      'single',
      'a..b',
      'a.b\n',
      'a.1b',
      `a.${'b'.repeat(250)}`,
    ]) {
      expect(isPackageName(bad), bad).toBe(false);
    }
    expect(serviceOf({ kind: 'remove', package: 'com.example.app_2' })).toBe('shell:pm uninstall com.example.app_2');
  });

  it('name a device by its serial number or its address only', () => {
    expect(transportService('2G0YC1ZF8B07WD')).toBe('host:transport:2G0YC1ZF8B07WD');
    expect(connectService('10.1.2.3:5555')).toBe('host:connect:10.1.2.3:5555');
    expect(disconnectService('10.1.2.3:5555')).toBe('host:disconnect:10.1.2.3:5555');
    for (const bad of ['', 'a b', 'a;b', '-x', 'x\n']) expect(() => transportService(bad)).toThrow(ProtocolError);
    for (const bad of ['example.org:5555', '10.1.2.3', '10.1.2.3:5555 ']) {
      expect(() => connectService(bad)).toThrow(ProtocolError);
    }
  });
});

describe('a file on its way', () => {
  const read = (packets: Iterable<Uint8Array>) => [...packets].map((bytes) => Buffer.from(bytes));

  it('goes in pieces of at most 64 KiB that make the whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200_000 }), (size) => {
        const file = Uint8Array.from({ length: size }, (_, at) => at % 251);
        const packets = read(encodeFile(file));
        for (const packet of packets) {
          expect(packet.toString('latin1', 0, 4)).toBe('DATA');
          expect(packet.readUInt32LE(4)).toBe(packet.length - 8);
          expect(packet.length).toBeLessThanOrEqual(65_544);
        }
        expect(Buffer.concat(packets.map((packet) => packet.subarray(8))).equals(file)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it('begins and ends as SYNC.TXT says', () => {
    expect(Buffer.from(encodeSend('/data/local/tmp/x', 33_188)).toString('latin1')).toBe(
      'SEND\x17\0\0\0/data/local/tmp/x,33188',
    );
    expect(Buffer.from(encodeDone(1_700_000_000)).toString('hex')).toBe('444f4e4500f15365');
    expect(Buffer.from(encodeQuit()).toString('latin1')).toBe('QUIT\0\0\0\0');
    expect(decodeSyncStatus(utf8('OKAY\0\0\0\0'), 10)).toEqual({ kind: 'okay' });
    expect(decodeSyncStatus(utf8('FAIL\x05\0\0\0'), 10)).toEqual({ kind: 'fail', reasonBytes: 5 });
    expect(() => decodeSyncStatus(utf8('FAIL\x0b\0\0\0'), 10)).toThrow(/11 bytes/);
    expect(() => encodeSend('relative', 0)).toThrow(ProtocolError);
    expect(() => encodeSend('/with,comma', 0)).toThrow(ProtocolError);
    expect(() => encodeSend(`/${'x'.repeat(1_024)}`, 0)).toThrow(/bytes/);
    expect(() => encodeDone(-1)).toThrow(ProtocolError);
  });
});

interface Reading extends Vector {
  readonly kind: 'battery' | 'devices';
}

describe('readings of a headset', () => {
  it.each(loadVectors<Reading>('adb', 'readings'))('$name', (vector) => {
    const text = Buffer.from(bytesOf(vector)).toString();
    expect(vector.kind === 'battery' ? parseBattery(text) : parseDevices(text)).toEqual(vector.value);
  });

  it('tell devices in every state', () => {
    const text =
      '2G0YC1ZF8B07WD         device usb:1-3 product:eureka model:Quest_3 device:eureka transport_id:1\n' +
      '10.1.2.3:5555          unauthorized transport_id:2\n10.1.2.4:5555\toffline\n' +
      '????????????           no permissions (user in plugdev group; are your udev rules wrong?)\n' +
      'ABC                    no permissions (missing udev rules?); see [http://developer.android.com]\n';
    expect(parseDevices(text)).toEqual([
      { serial: '2G0YC1ZF8B07WD', state: 'device', model: 'Quest_3' },
      { serial: '10.1.2.3:5555', state: 'unauthorized' },
      { serial: '10.1.2.4:5555', state: 'offline' },
      { serial: 'ABC', state: 'no permissions' },
    ]);
    expect(() => parseDevices('alone\n')).toThrow(/no state/);
    expect(() => parseDevices('x device\n'.repeat(257))).toThrow(/257/);
  });

  it('leave out what the battery does not say or says as nonsense', () => {
    expect(parseBattery(' \n  level: 50\n  scale: 20\n  temperature: 99999\n  status: 9\n  health: 42\n')).toEqual({
      state: 'unknown',
      health: 'unknown',
      percent: undefined,
      celsius: undefined,
      isPlugged: false,
    });
    expect(() => parseBattery('no such service')).toThrow(ProtocolError);
  });

  it('tell properties, disk and packages', () => {
    expect(parseProperties('[ro.a]: [1.10]\n[ro.b]: []\n[ro.c]: [two\nlines]\n').get('ro.a')).toBe('1.10');
    expect(() => parseProperties('sh: getprop: not found')).toThrow(ProtocolError);
    expect(
      parseDisk('Filesystem 1K-blocks Used Available Use% Mounted on\n/dev/fuse 1000 250 750 25% /data\n'),
    ).toEqual({
      sizeBytes: 1_024_000,
      usedBytes: 256_000,
    });
    expect(() => parseDisk('df: /data: Permission denied')).toThrow(ProtocolError);
    expect(parsePackages('package:b.b versionCode:12 uid:1\r\npackage:a.a\r\n')).toEqual([
      { id: 'a.a', version: '' },
      { id: 'b.b', version: '12' },
    ]);
    expect(() => parsePackages('Error: no service')).toThrow(ProtocolError);
    expect(() => parsePackages('package:a.a\n'.repeat(1_001))).toThrow(/1001/);
  });

  it('tell why a package was refused', () => {
    expect(parsePackageFailure('Performing Streamed Install\nSuccess\n')).toBeUndefined();
    expect(parsePackageFailure('Failure [INSTALL_FAILED_VERSION_DOWNGRADE]\n')).toMatch(/DOWNGRADE/);
    expect(parsePackageFailure('something else\n')).toBe('something else');
    expect(parsePackageFailure('')).toBe('no answer');
  });

  it('survive any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        for (const read of [parseDevices, parseBattery, parseDisk, parsePackages, parseProperties]) {
          survives(() => read(text));
        }
      }),
    );
  });
});
