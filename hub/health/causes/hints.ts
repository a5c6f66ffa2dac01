import type { CauseHint } from '../../../protocols/api/causes.ts';

/** What the hub knows of a school beyond verdicts, for a guess at where to look first. */
export interface SchoolFacts {
  /** A UPS behind the agent told last, shortly before it fell silent, that it runs without mains. */
  readonly upsOnBattery: boolean;
  /** The session was ended before the silence: no cable was cut, the program or the machine stopped. */
  readonly sessionEnded: boolean;
  /** The agent's clock is wrong; sign-ins that carry a time then fail. */
  readonly clockWrong: boolean;
}

export const noFacts: SchoolFacts = { upsOnBattery: false, sessionEnded: false, clockWrong: false };

/** Every guess with the reason for it. The name is what the database keeps. */
export const hints = {
  'hub-line': {
    of: 'hub',
    vi: 'đường truyền hoặc tường lửa của trung tâm: mọi trường im lặng cùng lúc',
    en: "the hub's own line or firewall: every school fell silent at once",
  },
  'area-line': {
    of: 'isp',
    vi: 'nhà mạng của khu vực: nhiều trường im lặng trong vài phút',
    en: 'the provider of the area: many schools fell silent within minutes',
  },
  'area-mains': {
    of: 'mains',
    vi: 'mất điện khu vực: bộ lưu điện của các trường vừa chạy bằng pin',
    en: 'a power cut in the area: the UPSs of the schools ran on battery just before',
  },
  'school-mains': {
    of: 'mains',
    vi: 'mất điện ở trường: bộ lưu điện vừa chạy bằng pin trước khi im lặng',
    en: 'a power cut at the school: its UPS ran on battery just before',
  },
  'school-line': {
    of: 'isp',
    vi: 'đường truyền Internet của trường: mọi bộ thu thập của trường im lặng cùng lúc',
    en: "the school's line: all agents of the school fell silent together",
  },
  'school-switch': {
    of: 'switch',
    vi: 'switch chung của các bộ thu thập này: bộ thu thập khác của trường vẫn chạy',
    en: 'a switch that these agents share: another agent of the school is alive',
  },
  'line-cut': {
    of: 'isp',
    vi: 'đường truyền hoặc nguồn điện của trường: phiên kết nối bị cắt ngang',
    en: "the school's line or power: the session broke off without an end",
  },
  'agent-stopped': {
    of: 'agent',
    vi: 'máy mini-PC: phiên kết nối đã đóng trước khi im lặng, máy tắt hoặc chương trình dừng',
    en: 'the mini-PC: its session was ended before the silence, so machine or program stopped',
  },
  'agent-alone': {
    of: 'agent',
    vi: 'máy mini-PC này: bộ thu thập khác của trường vẫn chạy',
    en: 'this mini-PC: another agent of the school is alive',
  },
  'switch-dead': {
    of: 'switch',
    vi: 'switch: chính nó và các thiết bị sau nó cùng ngừng trả lời',
    en: 'the switch: it and what hangs behind it stopped answering',
  },
  'all-behind-agent': {
    of: 'switch',
    vi: 'switch hoặc cầu dao chung: bộ thu thập vẫn chạy nhưng các thiết bị cùng ngừng trả lời',
    en: 'a shared switch or breaker: the agent is alive, its devices stopped answering together',
  },
  'device-alone': {
    of: 'device',
    vi: 'chính thiết bị: những thiết bị khác sau bộ thu thập vẫn trả lời',
    en: 'the device itself: others behind the agent answer',
  },
  'wrong-password': {
    of: 'credentials',
    vi: 'mật khẩu đã đổi hoặc nhập sai',
    en: 'the password was changed or mistyped',
  },
  'wrong-clock': {
    of: 'clock',
    vi: 'đồng hồ của bộ thu thập: nó lệch, và đăng nhập kèm giờ bị từ chối',
    en: "the agent's clock: it is wrong, and sign-ins that carry a time are refused",
  },
} as const satisfies Record<string, CauseHint>;

export type HintName = keyof typeof hints;

/** The guess behind a text from the database; undefined for one that this version does not know. */
export function findHint(name: string | null | undefined): HintName | undefined {
  return name && Object.hasOwn(hints, name) ? (name as HintName) : undefined;
}

/** Why one agent fell silent. `othersLive` tells whether another agent of its school is heard. */
export function hintOfAgent(facts: SchoolFacts, othersLive: boolean): HintName {
  if (facts.upsOnBattery) return 'school-mains';
  if (facts.sessionEnded) return 'agent-stopped';
  return othersLive ? 'agent-alone' : 'line-cut';
}

/** What a hint of the database says; undefined for one that this version does not know. */
export function hintOf(name: string | null): (typeof hints)[HintName] | undefined {
  const hint = findHint(name);
  return hint && hints[hint];
}
