import { parseCelsius, parseHours, parseSwitch } from '../../../../protocols/ifp/values.ts';
import type { PanelWire } from '../panel-wire.ts';
import { createIfpExchange, ifpPanel, inputQuestion, switchOf } from './ifp-panel.ts';
import { createInputTable } from './input-table.ts';
import type { WireOptions } from './wire-options.ts';

/** Input Select, Set-Function table [ViewSonic IFP6552-2 RS-232 protocols]. */
const table = createInputTable(
  [
    { id: 'hdmi1', label: 'HDMI 1', codes: ['04'] },
    { id: 'hdmi2', label: 'HDMI 2', codes: ['14'] },
    { id: 'hdmi3', label: 'HDMI 3', codes: ['24'] },
    { id: 'hdmi4', label: 'HDMI 4', codes: ['34'] },
    { id: 'vga', label: 'VGA', codes: ['06'] },
    { id: 'ops', label: 'OPS', codes: ['07'] },
    { id: 'dp1', label: 'DisplayPort', codes: ['09'] },
    { id: 'usbc1', label: 'USB-C', codes: ['19'] },
    { id: 'android', label: 'ViewBoard', codes: ['0a'] },
  ],
  /^[0-9a-z]{2}$/,
);

/** ViewSonic ViewBoard over its LAN port or a serial server. */
export function viewsonic({ settings }: WireOptions): PanelWire {
  const exchange = createIfpExchange(settings.displayId);
  const { get, set } = exchange;
  const panel = ifpPanel(exchange, table);
  return {
    ...panel,
    vendor: 'ViewSonic',
    port: 5000,
    paceMs: 100,
    answerTimeoutMs: 3_000,
    questions: [
      ...panel.questions,
      inputQuestion(exchange, table),
      {
        gives: ['panelLocked'],
        rank: 'status',
        inStandby: false,
        ask: async (channel) => ({ panelLocked: parseSwitch(await get(channel, 'p')) }),
      },
      {
        gives: ['remoteLocked'],
        rank: 'status',
        inStandby: false,
        // 0 disabled, 1 enabled, 2 passed through to the serial port, which the panel itself does not obey either.
        ask: async (channel) => ({ remoteLocked: (await get(channel, 'n')) !== '001' }),
      },
      {
        gives: ['celsius'],
        rank: 'status',
        inStandby: false,
        ask: async (channel) => ({ celsius: parseCelsius(await get(channel, '0')) }),
      },
      {
        gives: ['hours'],
        rank: 'wear',
        inStandby: false,
        ask: async (channel) => ({ hours: parseHours(await exchange.getMany(channel, '1', 4)) }),
      },
    ],
    orders: {
      ...panel.orders,
      input: (channel, input) => set(channel, '"', `0${table.codeOf(input).toUpperCase()}`),
      panelLocked: (channel, locked) => set(channel, '8', switchOf(locked)),
      remoteLocked: (channel, locked) => set(channel, 'B', switchOf(!locked)),
    },
  };
}
