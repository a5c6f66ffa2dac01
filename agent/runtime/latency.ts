import type { Clock } from '../../protocols/ports.ts';
import type { HttpPort, Network, TcpPort, WebSocketPort } from '../platform/network.ts';

/** The network of one device, and how quickly it answers. */
export interface MeasuredNetwork extends Network {
  /** The quickest connection or HTTP answer since the last call, in milliseconds; undefined when there was none. */
  takeLatencyMs(): number | undefined;
}

/** Times what goes through `network`: the quickest exchange says most about the path, and least about the device's work. */
export function measureLatency(network: Network, clock: Clock): MeasuredNetwork {
  let quickestMs: number | undefined;
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const startedAt = clock.mono();
    const result = await work();
    quickestMs = Math.min(quickestMs ?? Number.POSITIVE_INFINITY, clock.mono() - startedAt);
    return result;
  };
  const tcp: TcpPort = { connect: (address, options) => timed(() => network.tcp.connect(address, options)) };
  const http: HttpPort = { request: (request) => timed(() => network.http.request(request)) };
  const websocket: WebSocketPort = {
    connect: (address, options) => timed(() => network.websocket.connect(address, options)),
  };
  return {
    tcp,
    http,
    websocket,
    udp: network.udp,
    takeLatencyMs: () => {
      const taken = quickestMs;
      quickestMs = undefined;
      return taken;
    },
  };
}
