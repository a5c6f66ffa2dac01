import { isIPv4 } from 'node:net';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { decodeDatagram, maxDatagramBytes } from '../../../protocols/pjlink/datagram.ts';
import { pjlinkPort } from '../../../protocols/pjlink/line.ts';
import type { DriverContext } from '../driver.ts';

/**
 * Hears the notices of one projector of class 2 on the port that all projectors share, and asks for a look after each. A
 * notice carries no proof: what it says is never believed, only that its sender's address is this projector's. Where the port
 * is taken, or the address is a name, the projector is polled only. Ends with the context.
 */
export async function listenForNotices(
  { device, udp, log, signal }: Pick<DriverContext, 'device' | 'udp' | 'log' | 'signal'>,
  look: () => void,
): Promise<void> {
  const host = device.address?.host;
  if (host === undefined || !isIPv4(host)) return;
  try {
    await using socket = await udp.open({ port: pjlinkPort, shared: true, from: host, maxBytes: maxDatagramBytes });
    for (;;) {
      const { bytes } = await socket.receive(signal);
      if (isNotice(bytes)) look();
    }
  } catch (thrown) {
    if (!signal.aborted) log.info('notices of the projector are not heard', { port: pjlinkPort, error: thrown });
  }
}

/** An answer to a search is none; a notice of a later edition is one. */
function isNotice(bytes: Uint8Array): boolean {
  try {
    return decodeDatagram(bytes).kind !== 'found';
  } catch (thrown) {
    return thrown instanceof ProtocolError && thrown.code === 'unsupported';
  }
}
