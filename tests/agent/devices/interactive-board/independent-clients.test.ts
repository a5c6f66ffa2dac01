import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { decodeReply, encodeRequest } from '../../../../protocols/mdc/packet.ts';
import { encodeIiyama } from '../../../../protocols/sicp/iiyama-frame.ts';
import { encodeMagicPacket } from '../../../../protocols/wake-on-lan/packet.ts';
import { BoardSimulator } from '../../../simulators/interactive-board/index.ts';
import { createFastClock } from '../../../support/clock.ts';
import { hasPythonJudges, hasWakeonlan, runPython, runWakeonlan } from '../../../support/judges.ts';
import { createTestAuthority } from '../../../support/test-authority.ts';

const clock = createFastClock(1);

/** python-samsung-mdc 1.18.0 asks and orders; enums become their names. */
const mdcProgram = `
import asyncio, json, sys
from datetime import time
from enum import Enum
from samsung_mdc import MDC
from samsung_mdc.exceptions import NAKError, MDCTLSAuthFailed, MDCTLSRequired

port, pin = int(sys.argv[1]), (sys.argv[2] if len(sys.argv) > 2 else None)
plain = lambda values: [value.name if isinstance(value, Enum) else value for value in values]

async def talk(mdc, out):
    async with mdc:
        out['status'] = plain(await mdc.status(1))
        out['serial'] = plain(await mdc.serial_number(1))
        out['model'] = plain(await mdc.model_name(1))
        out['software'] = plain(await mdc.software_version(1))
        out['name'] = plain(await mdc.device_name(1))
        out['errors'] = plain(await mdc.error_status(1))
        out['onTime'] = plain(await mdc.panel_on_time(1))
        out['volume'] = plain(await mdc.volume(1, [55]))
        out['mute'] = plain(await mdc.mute(1, ['ON']))
        out['input'] = plain(await mdc.input_source(1, ['HDMI2']))
        out['panel'] = plain(await mdc.panel(1, ['OFF']))
        out['panelLock'] = plain(await mdc.panel_lock(1, ['ON']))
        out['remote'] = plain(await mdc.ir_state(1, ['DISABLED']))
        out['keys'] = plain(await mdc.all_keys_lock(1, ['ON']))
        out['clock'] = [str(value) for value in await mdc.clock_s(1)]
        out['ticker'] = plain(await mdc.ticker(1, [True, time(9, 15), time(9, 45), 'CENTER', 'BOTTOM', True, 'LEFT', 'NORMAL', 'STANDARD', 'WHITE', 'BLUE', 'OFF', 'SOLID', 'Ra choi']))
        out['ticker'] = [str(value) for value in out['ticker']]
        out['after'] = plain(await mdc.status(1))
        try:
            await mdc.osd(1)
        except NAKError as error:
            out['refused'] = error.error_code
        out['off'] = plain(await mdc.power(1, ['OFF']))

async def main():
    out = {}
    try:
        await talk(MDC(('127.0.0.1', port), timeout=5, **({} if pin is None else {'pin': pin})), out)
    except MDCTLSAuthFailed as error:
        out['failed'] = str(error)
    except MDCTLSRequired:
        out['failed'] = 'needs TLS'
    print(json.dumps(out))

asyncio.run(main())
`;

const spoken = {
  status: ['ON', 30, 'OFF', 'HDMI1', 'PC_16_9', 0, 0],
  serial: ['0AVHHCPK700123'],
  model: ['QM75C'],
  software: ['1.10'],
  name: ['Lop 7A'],
  errors: ['NORMAL', 'NORMAL', 'NORMAL', 'NORMAL', 41, 'NORMAL'],
  onTime: [12_345 * 6],
  volume: [55],
  mute: ['ON'],
  input: ['HDMI2'],
  panel: ['OFF'],
  panelLock: ['ON'],
  remote: ['DISABLED'],
  keys: ['ON'],
  clock: ['2026-11-24 09:30:15'],
  ticker: expect.arrayContaining(['True', '09:15:00', '09:45:00', 'Ra choi']),
  refused: 1,
  off: ['OFF'],
};
const done = {
  volume: 55,
  muted: true,
  input: 'hdmi2',
  blanked: true,
  panelLocked: true,
  remoteLocked: true,
  keysLocked: true,
  ticker: { isOn: true, fromMinute: 555, toMinute: 585, text: 'Ra choi' },
};

describe('simulated MDC display', () => {
  it.runIf(hasPythonJudges)('is one to python-samsung-mdc', async () => {
    await using board = await BoardSimulator.start({ profile: 'samsung-mdc', clock });
    expect(await runPython(mdcProgram, String(board.address.port))).toMatchObject(spoken);
    expect(board.state).toMatchObject(done);
    expect(board.received.at(-1)?.toString('hex')).toBe('aa1101010013');
  });

  it.runIf(hasPythonJudges)('is one in secured mode to python-samsung-mdc, and refuses it a wrong PIN', async () => {
    const identity = await (await createTestAuthority()).serverIdentity();
    const secured = { pin: '0042', key: identity.key, certificate: identity.certificate };
    await using board = await BoardSimulator.start({ profile: 'samsung-mdc', clock, secured });
    const port = String(board.address.port);
    expect(await runPython(mdcProgram, port, '0042')).toMatchObject(spoken);
    expect(board.state).toMatchObject(done);
    expect(await runPython(mdcProgram, port, '9999')).toEqual({ failed: 'Wrong pin' });
    expect(await runPython(mdcProgram, port)).toEqual({ failed: 'needs TLS' });
    for (const _ of [1, 2, 3]) await runPython(mdcProgram, port, '9999');
    expect(await runPython(mdcProgram, port, '0042')).toEqual({ failed: 'Blocked' });
  });
});

describe('bytes of MDC', () => {
  const program = `
import json, sys
from samsung_mdc.connection import pack_payload, pack_response
cases = json.loads(sys.argv[1])
print(json.dumps([[pack_payload(c, i, d).hex(), pack_response(c, i, a, d if a else d[:1]).hex()] for c, i, d, a in cases]))
`;
  it.runIf(hasPythonJudges)('are those of python-samsung-mdc, both ways', async () => {
    const cases = Array.from({ length: 200 }, (_, index): [number, number, number[], boolean] => {
      const data = Array.from({ length: 1 + (index % 40) }, (__, at) => (index * 37 + at * 11) % 256);
      return [(index * 7) % 255, index % 254, data, index % 5 !== 0];
    });
    const judged = (await runPython(program, JSON.stringify(cases))) as [string, string][];
    expect(judged).toHaveLength(cases.length);
    for (const [index, [command, id, data, ack]] of cases.entries()) {
      const [request = '', reply = ''] = judged[index] ?? [];
      expect(Buffer.from(encodeRequest({ command, id, data })).toString('hex')).toBe(request);
      const read = decodeReply(Uint8Array.from(Buffer.from(reply, 'hex')));
      expect(read).toEqual(
        ack ? { kind: 'ack', id, command, data: Uint8Array.from(data) } : { kind: 'nak', id, command, error: data[0] },
      );
    }
  });
});

/** pyamasicp imports Home Assistant and getmac only to be imported by them; neither is used here. */
const iiyamaProgram = `
import json, sys, types
for name in ('homeassistant', 'getmac'):
    sys.modules[name] = types.ModuleType(name)
import logging
logging.basicConfig = lambda **_: None
from pyamasicp.client import Client, _prepare_message
from pyamasicp.commands import Commands
client = Client('127.0.0.1', port=int(sys.argv[1]), timeout=5, mac='00:11:22:33:44:55')
commands = Commands(client)
out = {'power': commands.get_power_state(), 'volume': commands.get_volume(), 'input': commands.get_input_source()}
commands.set_volume(44, 44)
commands.set_input_source(0x06, 0, 1, 0)
out['after'] = [commands.get_volume(), commands.get_input_source()]
out['serial'] = client.send(b'\\x01', b'\\x15').decode()
out['refused'] = client.send(b'\\x01', b'\\x33')
commands.set_power_state(False)
out['bytes'] = _prepare_message(b'\\x07', b'\\xac', bytes([0x0d, 0, 1, 0])).hex()
print(json.dumps(out))
`;

describe('simulated iiyama board', () => {
  it.runIf(hasPythonJudges)('is one to pyamasicp, whose bytes are ours', async () => {
    await using board = await BoardSimulator.start({ profile: 'iiyama', clock, switchMs: 0 });
    const ours = Buffer.from(encodeIiyama({ monitor: 7, command: 0xac, data: [0x0d, 0, 1, 0] })).toString('hex');
    expect(await runPython(iiyamaProgram, String(board.address.port))).toEqual({
      power: true,
      volume: [30, 30],
      input: [0x0d, 0, 1, 0],
      after: [
        [44, 44],
        [0x06, 0, 1, 0],
      ],
      serial: '0AVHHCPK700123',
      refused: null,
      bytes: ours,
    });
    expect(board.state).toMatchObject({ volume: 44, input: 'hdmi2' });
    expect(board.power).toBe('off');
  });
});

describe('magic packet', () => {
  it.runIf(hasWakeonlan)('is the one that Debian wakeonlan sends', async () => {
    const socket = createSocket('udp4');
    try {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      const received = once(socket, 'message');
      await runWakeonlan('-i', '127.0.0.1', '-p', String(socket.address().port), '00:11:22:33:44:55');
      const [packet] = (await received) as [Buffer];
      expect(Buffer.from(encodeMagicPacket('00:11:22:33:44:55'))).toEqual(packet);
    } finally {
      socket.close();
    }
  });

  it.runIf(hasPythonJudges)('is the one of wakeonlan from PyPI, also for a card written with dashes', async () => {
    const program = `
import json, sys
from wakeonlan import create_magic_packet
print(json.dumps(create_magic_packet(sys.argv[1]).hex()))`;
    for (const mac of ['00:11:22:33:44:55', 'AA-BB-CC-DD-EE-FF']) {
      expect(await runPython(program, mac)).toBe(Buffer.from(encodeMagicPacket(mac)).toString('hex'));
    }
  });
});
