import type { CapabilityName, CapabilityState, Label } from '../../../protocols/fleet/capabilities/index.ts';
import type { conditionCodes } from './condition-codes.ts';

/** One thing that a device says of itself, in plain words; without a code it explains something and is no problem. */
export interface Condition {
  readonly code?: keyof typeof conditionCodes;
  readonly words: Label;
}

type Rules = { readonly [N in CapabilityName]?: (state: CapabilityState<N>) => readonly Condition[] };

type Ups = CapabilityState<'ups'>;
type Alert = CapabilityState<'supplies'>['alerts'][number];

const alerts: Readonly<Record<Alert, Condition>> = {
  'low-paper': { code: 'EF-2412', words: { vi: 'Sắp hết giấy', en: 'Paper is low' } },
  'low-toner': { code: 'EF-2412', words: { vi: 'Sắp hết mực', en: 'Toner is low' } },
  'no-paper': { code: 'EF-2411', words: { vi: 'Hết giấy', en: 'No paper' } },
  'no-toner': { code: 'EF-2411', words: { vi: 'Hết mực', en: 'No toner' } },
  'door-open': { code: 'EF-2411', words: { vi: 'Nắp máy in đang mở', en: 'A cover is open' } },
  jammed: { code: 'EF-2411', words: { vi: 'Kẹt giấy', en: 'Paper is jammed' } },
  offline: { code: 'EF-2411', words: { vi: 'Máy in ở chế độ ngoại tuyến', en: 'The printer is set offline' } },
  'service-requested': { code: 'EF-2411', words: { vi: 'Máy in cần bảo trì', en: 'The printer asks for service' } },
};

const batteries: Readonly<Partial<Record<NonNullable<CapabilityState<'battery'>['health']>, Condition>>> = {
  overheated: { code: 'EF-2431', words: { vi: 'Pin quá nóng', en: 'The battery is overheated' } },
  dead: { code: 'EF-2431', words: { vi: 'Pin đã chết', en: 'The battery is dead' } },
  overvoltage: { code: 'EF-2431', words: { vi: 'Pin bị quá áp', en: 'The battery has too much voltage' } },
  failure: { code: 'EF-2431', words: { vi: 'Pin báo hỏng', en: 'The battery reports a failure' } },
};

/** Room below which a recording soon ends. */
const scarce = { seconds: 900, bytes: 3_000_000_000 } as const;

/** What each capability's state means for health, whoever made the device. */
const rules: Rules = {
  gate: ({ reading, lookup, silencedUntil }) => [
    ...when(reading === false, 'EF-2401', { vi: 'Cổng không tìm thẻ', en: 'The gate does not look for tags' }),
    ...when(lookup !== undefined && ['unavailable', 'refused', 'unsupported'].includes(lookup), 'EF-2402', {
      vi: 'Hệ thống thư viện không trả lời cổng',
      en: 'The library system does not answer the gate',
    }),
    ...note(silencedUntil !== undefined, { vi: 'Còi của cổng đang được tắt', en: 'The siren of the gate is silenced' }),
  ],
  tagreader: ({ antennas }) => {
    const lost = antennas.filter(({ state }) => state === 'disconnected').map(({ id }) => id);
    const words = { vi: `Ăng-ten ${lost.join(', ')} không nối`, en: `Antenna ${lost.join(', ')} is not connected` };
    // A reader with free sockets is well as long as one antenna is there.
    if (lost.length > 0 && lost.length === antennas.length) return [{ code: 'EF-2403', words }];
    return note(lost.length > 0, words);
  },
  supplies: ({ alerts: told }) => told.map((alert) => alerts[alert]),
  ups: judgeUps,
  battery: ({ health }) => {
    const condition = health && batteries[health];
    return condition ? [condition] : [];
  },
  studio: ({ attention, mode }) => {
    const names = attention.join(', ');
    const isOn = mode === 'recording' || mode === 'live';
    return when(attention.length > 0, isOn ? 'EF-2441' : 'EF-2442', {
      vi: `Bộ phận có vấn đề: ${names}`,
      en: `Parts with a problem: ${names}`,
    });
  },
  recording: ({ recorders }) =>
    recorders
      .filter(({ freeSeconds, freeBytes }) =>
        freeSeconds === undefined ? (freeBytes ?? scarce.bytes) < scarce.bytes : freeSeconds < scarce.seconds,
      )
      .map(({ part }) => ({
        code: 'EF-2443' as const,
        words: { vi: `${part} sắp hết chỗ ghi`, en: `${part} has little room left` },
      })),
  streaming: ({ state }) =>
    when(state === 'reconnecting', 'EF-2444', {
      vi: 'Đường phát bị ngắt, đang nối lại',
      en: 'The stream broke off and is being connected again',
    }),
  ports: ({ powered = [] }) =>
    powered
      .filter(({ state }) => state === 'fault')
      .map(({ id }) => ({
        code: 'EF-2451' as const,
        words: { vi: `Cổng PoE ${id} báo lỗi`, en: `Powered port ${id} reports a fault` },
      })),
  accounts: ({ defaultPassword }) =>
    when(defaultPassword === 'yes', 'EF-2461', {
      vi: 'Một tài khoản còn mật khẩu của nhà sản xuất',
      en: "An account has its maker's password",
    }),
  lock: ({ panel, keys, remote }) =>
    note(panel === true || keys === true || remote === true, {
      vi: 'Nút bấm hoặc điều khiển từ xa đang bị khóa',
      en: 'Buttons or remote control are locked',
    }),
};

/** Capabilities that have a rule. */
export const conditionCapabilities = Object.keys(rules) as readonly CapabilityName[];

/** What the state of one capability means. */
export function conditionsOf<N extends CapabilityName>(capability: N, state: CapabilityState<N>): readonly Condition[] {
  return rules[capability]?.(state) ?? [];
}

function judgeUps({ source, battery }: Ups): readonly Condition[] {
  const isOnBattery = source === 'battery';
  const isWeak = battery === 'low' || battery === 'depleted';
  if (source === 'none' || (isOnBattery && isWeak)) {
    return [
      { code: 'EF-2421', words: { vi: 'Pin sắp cạn, không có điện lưới', en: 'Battery almost empty, no mains' } },
    ];
  }
  return [
    ...when(isOnBattery, 'EF-2422', { vi: 'Đang chạy bằng pin', en: 'Running on battery' }),
    ...when(isWeak, 'EF-2423', { vi: 'Pin yếu dù có điện lưới', en: 'The battery is low although there are mains' }),
    ...when(source === 'bypass', 'EF-2423', { vi: 'Đang nối tắt, không qua pin', en: 'On bypass, past the battery' }),
  ];
}

function when(holds: boolean, code: keyof typeof conditionCodes, words: Label): readonly Condition[] {
  return holds ? [{ code, words }] : [];
}

function note(holds: boolean, words: Label): readonly Condition[] {
  return holds ? [{ words }] : [];
}
