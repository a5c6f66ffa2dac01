import { createSocket } from 'node:dgram';
import { toError } from '../../protocols/errors.ts';
import { networkError } from './dial.ts';

/** Any port: nothing is sent. */
const somePort = 9;

/**
 * The address of this machine from which it would reach `host`, by the routing table; no packet leaves.
 * Throws RecoverableError `unreachable` and others of the network.
 */
export async function localAddressTowards(host: string): Promise<string> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(somePort, host, () => resolve());
    });
    return socket.address().address;
  } catch (thrown) {
    throw networkError(toError(thrown), `this machine has no way to ${host}`);
  } finally {
    socket.close();
  }
}
