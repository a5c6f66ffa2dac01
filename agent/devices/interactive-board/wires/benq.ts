import { modelQuestion, parseModelText, parseSwitch } from '../../../../protocols/ifp/values.ts';
import type { PanelWire, Question } from '../panel-wire.ts';
import { createIfpExchange, ifpPanel } from './ifp-panel.ts';
import { createInputTable } from './input-table.ts';
import type { WireOptions } from './wire-options.ts';

/** The codes of the sources differ from year to year: none is claimed, and none is offered. */
const table = createInputTable([], /^[0-9a-z]{2}$/);

/** Parts of "Model Info" [BenQ RM8602K RS232 and LAN command list, 2019-07-23]. */
const parts = { model: 0x02, firmware: 0x04, serial: 0x06 } as const;

/** BenQ RP and RM boards over LAN. */
export function benq({ settings }: WireOptions): PanelWire {
  const exchange = createIfpExchange(settings.displayId);
  const { get } = exchange;
  const panel = ifpPanel(exchange, table);
  const partQuestion = (topic: keyof typeof parts): Question => ({
    gives: [topic],
    rank: 'facts',
    inStandby: true,
    ask: async (channel) => ({
      [topic]: parseModelText(await get(channel, ' ', modelQuestion(parts[topic])), parts[topic]),
    }),
  });
  return {
    ...panel,
    vendor: 'BenQ',
    port: 4660,
    paceMs: 100,
    answerTimeoutMs: 3_000,
    questions: [
      ...panel.questions,
      {
        gives: ['signal'],
        rank: 'status',
        inStandby: false,
        ask: async (channel) => ({ signal: parseSwitch(await get(channel, '"')) }),
      },
      partQuestion('model'),
      partQuestion('firmware'),
      partQuestion('serial'),
    ],
  };
}
