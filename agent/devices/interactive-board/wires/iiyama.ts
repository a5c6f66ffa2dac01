import { createIiyamaFramer, decodeIiyama, encodeIiyama } from '../../../../protocols/sicp/iiyama-frame.ts';
import { sicpPort } from '../../../../protocols/sicp/sicp-frame.ts';
import { sicpCommands, sicpParts } from '../../../../protocols/sicp/values.ts';
import type { PanelWire } from '../panel-wire.ts';
import { createExchange, partQuestion, sharedOrders, sharedQuestions, sicpInputs } from './philips-sicp.ts';
import type { WireOptions } from './wire-options.ts';

/** iiyama boards: the commands of SICP that their own list names, in iiyama's frame. */
export function iiyama({ settings }: WireOptions): PanelWire {
  const frame = { encode: encodeIiyama, decode: decodeIiyama, createFramer: createIiyamaFramer };
  const exchange = createExchange(frame, settings.displayId);
  return {
    vendor: 'iiyama',
    port: sicpPort,
    // pyamasicp waits 0.6 s after each exchange.
    paceMs: 600,
    answerTimeoutMs: 3_000,
    inputs: sicpInputs,
    questions: [
      ...sharedQuestions(exchange),
      partQuestion(exchange, sicpCommands.platform, sicpParts.platformLabel, 'hardware'),
      partQuestion(exchange, sicpCommands.platform, sicpParts.platformVersion, 'firmware'),
    ],
    orders: sharedOrders(exchange),
    createFramer: createIiyamaFramer,
  };
}
