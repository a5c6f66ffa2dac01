import { describe, expect, it } from 'vitest';
import { hyperdeckPort } from '../../protocols/hyperdeck/line.ts';
import { notices, queries } from '../../protocols/hyperdeck/values.ts';
import {
  closedByAuthentication,
  eventSubscriptions,
  jsonProtocol,
  obsPort,
  requestStatus,
  rpcVersion,
} from '../../protocols/obs-websocket/message.ts';
import { viscaUdpPort } from '../../protocols/visca/ip-header.ts';
import { viscaTcpPort } from '../../protocols/visca/message.ts';
import { vmixPort } from '../../protocols/vmix/message.ts';

// Figures that a document gives and no message carries, so that no vector can hold them.
describe('the wires of a studio', () => {
  it('listen where their documents say', () => {
    // HyperDeck Ethernet Protocol; obs-websocket protocol.md 5.1.0; Sony SRG-300H and PTZOptics manuals; vMix User Guide 28.
    expect({ hyperdeckPort, obsPort, viscaUdpPort, viscaTcpPort, vmixPort }).toEqual({
      hyperdeckPort: 9993,
      obsPort: 4455,
      viscaUdpPort: 52_381,
      viscaTcpPort: 5678,
      vmixPort: 8099,
    });
  });

  it('number what a deck answers and says unasked as its manual does', () => {
    expect(Object.values(queries).map(({ command, code }) => `${code} ${command}`)).toEqual([
      '204 device info',
      '202 slot info',
      '208 transport info',
    ]);
    expect(notices).toEqual({ connection: 500, slot: 502, transport: 508, remote: 510 });
  });

  it('number the refusals, the subprotocol and the events of OBS as protocol.md does', () => {
    expect(requestStatus).toMatchObject({
      success: 100,
      notReady: 207,
      outputRunning: 500,
      outputNotRunning: 501,
      resourceNotFound: 600,
      invalidResourceState: 604,
    });
    expect([jsonProtocol, rpcVersion, closedByAuthentication]).toEqual(['obswebsocket.json', 1, 4009]);
    // EventSubscription: General 1, Config 2, Scenes 4, Inputs 8, Outputs 64.
    expect(eventSubscriptions).toBe(79);
  });
});
