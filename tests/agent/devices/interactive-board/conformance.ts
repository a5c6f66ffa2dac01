import { describe, expect } from 'vitest';
import { interactiveBoard } from '../../../../agent/devices/interactive-board/index.ts';
import { type BoardProfile, BoardSimulator } from '../../../simulators/interactive-board/index.ts';
import { type Conformance, driverConformance } from '../../../support/driver-conformance.ts';

type Case = Conformance<BoardSimulator>['commands'][number];

const noSignIn = { 'wrong-password': 'the wire has no sign-in' };

const power: readonly Case[] = [
  {
    capability: 'power',
    name: 'on',
    args: {},
    prepare: (board) => board.setPower('off'),
    verify: (board) => expect(board.power).toBe('on'),
  },
  { capability: 'power', name: 'off', args: {}, verify: (board) => expect(board.power).toBe('off') },
];
const input = (id: string, shown = 'hdmi2'): Case => ({
  capability: 'input',
  name: 'select',
  args: { id },
  verify: (board) => expect(board.state.input).toBe(shown),
});
const volume: Case = {
  capability: 'volume',
  name: 'set',
  args: { level: 55 },
  verify: (board) => expect(board.state.volume).toBe(55),
};
const flag = (
  capability: Case['capability'],
  name: string,
  args: Record<string, unknown>,
  key: 'muted' | 'blanked' | 'frozen' | 'panelLocked' | 'remoteLocked' | 'keysLocked',
): Case => ({ capability, name, args, verify: (board) => expect(board.state[key]).toBe(true) });
const mute = flag('volume', 'mute', { muted: true }, 'muted');
const blank = flag('video', 'blank', { blanked: true }, 'blanked');
const lock = (target: 'panel' | 'remote' | 'keys') =>
  flag('lock', 'set', { target, locked: true }, `${target}Locked` as const);
const reboot: Case = {
  capability: 'power',
  name: 'reboot',
  args: {},
  verify: (board) => expect(board.received.some((bytes) => bytes.toString('hex').startsWith('aa11'))).toBe(true),
};

const messages: readonly Case[] = [
  {
    capability: 'message',
    name: 'show',
    args: { text: 'Họp ở sân trường, 9 giờ 45 – đúng giờ', minutes: 15 },
    verify: ({ state }) => {
      const text = 'Hop o san truong, 9 gio 45 ? dung gio';
      expect(state.ticker).toEqual({ isOn: true, fromMinute: 570, toMinute: 585, text });
    },
  },
  {
    capability: 'message',
    name: 'clear',
    args: {},
    prepare: ({ state }) => {
      Object.assign(state.ticker, { isOn: true, fromMinute: 0, toMinute: 1_439, text: 'x' });
    },
    verify: ({ state }) => expect(state.ticker.isOn).toBe(false),
  },
];

const commands: Readonly<Record<BoardProfile, readonly Case[]>> = {
  'samsung-mdc': [
    ...power,
    reboot,
    input('hdmi2'),
    volume,
    mute,
    blank,
    lock('panel'),
    lock('remote'),
    lock('keys'),
    ...messages,
  ],
  'philips-sicp': [...power, input('hdmi2'), volume, mute, blank],
  iiyama: [...power, input('hdmi2'), volume],
  viewsonic: [...power, input('hdmi2'), volume, mute, lock('panel'), lock('remote')],
  benq: [...power, volume, mute],
  lg: [...power, input('hdmi2'), volume, mute, blank, lock('panel'), lock('keys')],
  smart: [...power, input('hdmi2'), volume, mute, blank, flag('video', 'freeze', { frozen: true }, 'frozen')],
};

/** Runs the suite that every family passes over some of the profiles: they are shared among files, which run side by side. */
export function boardConformance(...profiles: readonly BoardProfile[]): void {
  describe.each(profiles)('profile %s', (profile) => {
    driverConformance<BoardSimulator>({
      driver: interactiveBoard,
      start: (clock) => BoardSimulator.start({ profile, clock }),
      settings: (board) =>
        // One profile has its card named as well: waking is the same for all of them.
        profile === 'samsung-mdc'
          ? { profile, wake: { mac: board.mac, addresses: ['127.0.0.1'], port: board.wakePort } }
          : { profile },
      change: {
        capability: 'volume',
        make: (board) => {
          board.state.volume = 77;
        },
      },
      commands: [
        ...commands[profile],
        ...(profile === 'samsung-mdc'
          ? [{ capability: 'wake', name: 'wake', args: {}, verify: (board) => expect(board.wakes).toBe(1) } as Case]
          : []),
      ],
      without: noSignIn,
      speed: 20,
    });
  });
}
