import { createReplyFramer, decodeReply, encodeRequest, mdcPort } from '../../../../protocols/mdc/packet.ts';
import {
  createAuthenticationFramer,
  decodeAuthentication,
  encodePin,
  tlsGreeting,
} from '../../../../protocols/mdc/security.ts';
import {
  mdcCommands as commands,
  type MdcFaults,
  parseFaults,
  parseFlag,
  parsePanelOnHours,
  parseStatus,
  parseText,
} from '../../../../protocols/mdc/values.ts';
import { DeviceError } from '../../error.ts';
import type { Channel } from '../channel.ts';
import type { Orders, PanelFault, PanelWire, Question, Readings } from '../panel-wire.ts';
import { createInputTable, hexByte, hexOf } from './input-table.ts';
import { mdcTicker } from './mdc-ticker.ts';
import { refused, wrongId } from './refusal.ts';
import type { WireOptions } from './wire-options.ts';

/** The second code is the same socket in PC mode, which a display tells and does not take. */
const table = createInputTable(
  [
    { id: 'hdmi1', label: 'HDMI 1', codes: ['21', '22'] },
    { id: 'hdmi2', label: 'HDMI 2', codes: ['23', '24'] },
    { id: 'hdmi3', label: 'HDMI 3', codes: ['31', '32'] },
    { id: 'hdmi4', label: 'HDMI 4', codes: ['33', '34'] },
    { id: 'dp1', label: 'DisplayPort', codes: ['25'] },
    { id: 'dvi', label: 'DVI', codes: ['18', '1f'] },
    { id: 'pc', label: 'VGA', codes: ['14'] },
    { id: 'ops', label: 'OPS', codes: ['50'] },
    { id: 'hdbaset', label: 'HDBaseT', codes: ['55'] },
    { id: 'mirroring', label: 'Screen mirroring', codes: ['61'] },
    { id: 'usb', label: 'USB', codes: ['62'] },
    { id: 'iwb', label: 'Whiteboard', codes: ['64'] },
    { id: 'browser', label: 'Browser', codes: ['65'] },
    { id: 'magicinfo', label: 'MagicInfo', codes: ['20'] },
  ],
  hexByte,
);

/** Samsung MDC over TCP, in the clear or, with a PIN, inside TLS. */
export function samsungMdc({ settings, password }: WireOptions): PanelWire {
  const id = settings.displayId;
  const exchange = (channel: Channel, command: number, data: readonly number[] = []) =>
    exchangePacket(channel, id, command, data);
  const ticker = mdcTicker(exchange);
  const flagQuestion = (
    command: number,
    read: (flag: boolean) => Partial<Readings>,
    gives: Question['gives'],
  ): Question => ({
    gives,
    rank: 'status',
    inStandby: false,
    ask: async (channel) => read(parseFlag(await exchange(channel, command))),
  });
  const textQuestion = (command: number, topic: 'serial' | 'model' | 'firmware' | 'name'): Question => ({
    gives: [topic],
    rank: 'facts',
    inStandby: true,
    ask: async (channel) => ({ [topic]: parseText(await exchange(channel, command)) }),
  });
  const questions: Question[] = [
    {
      gives: ['power', 'volume', 'muted', 'input'],
      rank: 'power',
      inStandby: true,
      ask: async (channel) => {
        const { on, volume, muted, input } = parseStatus(await exchange(channel, commands.status));
        return {
          power: on ? 'on' : 'off',
          input: table.idOf(hexOf(input)),
          ...(volume === undefined ? {} : { volume }),
          ...(muted === undefined ? {} : { muted }),
        };
      },
    },
    {
      gives: ['faults', 'signal', 'celsius', 'overheated'],
      rank: 'status',
      inStandby: false,
      ask: async (channel) => readingsOf(parseFaults(await exchange(channel, commands.faults))),
    },
    // 0 on, 1 off [samsung-mdc 1.18.0, PANEL].
    flagQuestion(commands.picture, (blanked) => ({ blanked }), ['blanked']),
    flagQuestion(commands.panelLock, (panelLocked) => ({ panelLocked }), ['panelLocked']),
    flagQuestion(commands.remoteControl, (enabled) => ({ remoteLocked: !enabled }), ['remoteLocked']),
    flagQuestion(commands.keysLock, (keysLocked) => ({ keysLocked }), ['keysLocked']),
    {
      gives: ['hours'],
      rank: 'wear',
      inStandby: false,
      ask: async (channel) => ({ hours: Math.floor(parsePanelOnHours(await exchange(channel, commands.panelOnTime))) }),
    },
    textQuestion(commands.serial, 'serial'),
    textQuestion(commands.model, 'model'),
    textQuestion(commands.software, 'firmware'),
    textQuestion(commands.name, 'name'),
    ticker.question,
  ];
  const flag = (command: number) => async (channel: Channel, on: boolean) => {
    await exchange(channel, command, [on ? 1 : 0]);
  };
  const orders: Orders = {
    power: async (channel, power) => void (await exchange(channel, commands.power, [power === 'on' ? 1 : 0])),
    input: async (channel, input) =>
      void (await exchange(channel, commands.input, [Number.parseInt(table.codeOf(input), 16)])),
    volume: async (channel, level) => void (await exchange(channel, commands.volume, [Math.round(level)])),
    muted: flag(commands.mute),
    blanked: flag(commands.picture),
    panelLocked: flag(commands.panelLock),
    remoteLocked: (channel, locked) => flag(commands.remoteControl)(channel, !locked),
    keysLocked: flag(commands.keysLock),
  };
  return {
    vendor: 'Samsung',
    port: mdcPort,
    paceMs: 100,
    answerTimeoutMs: 4_000,
    inputs: table.inputs,
    questions,
    orders,
    message: ticker.message,
    reboot: async (channel) => void (await exchange(channel, commands.power, [2])),
    createFramer: createReplyFramer,
    ...(password === undefined ? {} : secured(password, settings.pinnedCertificate)),
  };
}

async function exchangePacket(
  channel: Channel,
  id: number,
  command: number,
  data: readonly number[],
): Promise<Uint8Array> {
  return await channel.ask(encodeRequest({ command, id, data }), (frame) => {
    const reply = decodeReply(frame);
    if (reply.kind === 'starts-tls') {
      throw new DeviceError(
        'authentication',
        'the display is in secured mode and asks for its PIN; none is configured',
      );
    }
    if (reply.command !== command) return undefined;
    if (reply.id !== id) throw wrongId(reply.id, id);
    if (reply.kind === 'nak') throw refused(`MDC command ${hexOf(command)} (error ${reply.error})`);
    return reply.data;
  });
}

function secured(pin: string, pinnedCertificate: string | undefined): Pick<PanelWire, 'tls' | 'open'> {
  return {
    tls: { greeting: tlsGreeting, ...(pinnedCertificate === undefined ? {} : { pinnedCertificate }) },
    open: async (channel) => {
      channel.switchFramer(createAuthenticationFramer());
      const verdict = await channel.ask(encodePin(pin), decodeAuthentication);
      channel.switchFramer(createReplyFramer());
      if (verdict === 'passed') return;
      const why = verdict === 'blocked' ? 'has blocked its PIN after too many tries' : 'refuses the PIN';
      throw new DeviceError(
        'authentication',
        `the display ${why}; save its credentials again before it is tried once more`,
        {
          details: { refused: 'pin' },
        },
      );
    },
  };
}

function readingsOf(found: MdcFaults): Partial<Readings> {
  const faults: PanelFault[] = [];
  if (found.lamp) faults.push({ part: 'backlight', level: 'error' });
  if (found.temperature) faults.push({ part: 'temperature', level: 'error', message: `${found.celsius} °C` });
  if (found.brightnessSensor) faults.push({ part: 'brightness-sensor', level: 'warning' });
  if (found.fan) faults.push({ part: 'fan', level: 'error' });
  return {
    faults,
    celsius: found.celsius,
    overheated: found.temperature,
    ...(found.signal === undefined ? {} : { signal: found.signal }),
  };
}
