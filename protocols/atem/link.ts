import { decodePacket, encodeHello, encodePacket, isCovered, packetNumbers, readGreeting } from './packet.ts';

/** A packet that the switcher has not acknowledged yet. */
interface InFlight {
  readonly number: number;
  readonly payload: Uint8Array;
  readonly sentAtMs: number;
  readonly tries: number;
}

/** One side of a session with a switcher, ours: numbers, acknowledgements and what has to be sent again. */
export interface AtemLink {
  readonly phase: 'greeting' | 'open' | 'over';
  /** Ours in the greeting; the switcher chooses the one that counts with its first packet after it. */
  readonly session: number;
  readonly isSessionSettled: boolean;
  readonly helloAtMs: number;
  readonly heardAtMs: number;
  /** The last of the switcher's numbers that came in order. */
  readonly received: number;
  readonly nextNumber: number;
  readonly inFlight: readonly InFlight[];
}

/** What comes of an input. `send` goes out in order. */
export interface LinkStep {
  readonly link: AtemLink;
  readonly send: readonly Uint8Array[];
  /** Commands of the switcher, in order, each once. */
  readonly payload?: Uint8Array;
  /** Why it is over: no place for one more client, or silence. */
  readonly end?: 'full' | 'silent';
}

const helloEveryMs = 1_000;
/** A switcher says something twice a second; it gives us up after as long as we do it. */
const silenceMs = 5_000;
const resendMs = 300;
const maxTries = 10;
/** More than this unacknowledged is a switcher that no longer listens. */
export const maxInFlight = 64;

/** Greets. `session` is a number of our choice below 32,768. */
export function openLink(session: number, nowMs: number): LinkStep {
  const link: AtemLink = {
    phase: 'greeting',
    session,
    isSessionSettled: false,
    helloAtMs: nowMs,
    heardAtMs: nowMs,
    received: 0,
    nextNumber: 1,
    inFlight: [],
  };
  return { link, send: [encodeHello(session)] };
}

/** Takes one datagram of the switcher. Throws ProtocolError; the link is then as it was. */
export function hear(link: AtemLink, bytes: Uint8Array, nowMs: number): LinkStep {
  const packet = decodePacket(bytes);
  if (link.phase === 'over') return { link, send: [] };
  if (packet.greets) return greeted(link, readGreeting(packet), packet.number, nowMs);
  const isOurs = link.phase === 'open' && (!link.isSessionSettled || packet.session === link.session);
  if (!isOurs) return { link, send: [] };
  const { session } = packet;
  const inFlight = packet.acknowledges
    ? link.inFlight.filter(({ number }) => !isCovered(packet.acknowledged, number))
    : link.inFlight;
  const heard: AtemLink = { ...link, session, isSessionSettled: true, heardAtMs: nowMs, inFlight };
  const again = packet.asksAgain
    ? resent(heard, ({ number }) => !isCovered(packet.again - 1, number), nowMs)
    : undefined;
  const step = { link: again?.link ?? heard, send: again?.send ?? [] };
  if (!packet.wantsAck) return step;
  const isNext = packet.number === (link.received + 1) % packetNumbers;
  // One that is missing before it is sent again by the switcher, which gets no acknowledgement beyond the gap.
  if (!isNext && !isCovered(link.received, packet.number)) return step;
  const received = isNext ? packet.number : link.received;
  return {
    link: { ...step.link, received },
    send: [...step.send, acknowledgement(session, received)],
    ...(isNext && packet.payload.length > 0 ? { payload: packet.payload } : {}),
  };
}

/** Sends commands in one packet; `number` is what the switcher acknowledges. The link must be open and not congested. */
export function say(link: AtemLink, payload: Uint8Array, nowMs: number): LinkStep & { readonly number: number } {
  const number = link.nextNumber;
  const { session } = link;
  const packet: InFlight = { number, payload, sentAtMs: nowMs, tries: 1 };
  return {
    link: { ...link, nextNumber: (number + 1) % packetNumbers, inFlight: [...link.inFlight, packet] },
    send: [encodePacket({ wantsAck: true, session, number, payload })],
    number,
  };
}

/** Lets time pass: greets again, sends again what was not acknowledged, and notices silence. Call at least each 200 ms. */
export function pass(link: AtemLink, nowMs: number): LinkStep {
  if (link.phase === 'over') return { link, send: [] };
  const isSilent = nowMs - link.heardAtMs >= silenceMs;
  const isUnheard = link.inFlight.some(({ tries, sentAtMs }) => tries > maxTries && nowMs - sentAtMs >= resendMs);
  if (isSilent || isUnheard) return { link: { ...link, phase: 'over' }, send: [], end: 'silent' };
  if (link.isSessionSettled) return resent(link, ({ sentAtMs }) => nowMs - sentAtMs >= resendMs, nowMs);
  if (nowMs - link.helloAtMs < helloEveryMs) return { link, send: [] };
  // What it tells first shows that it has got our acknowledgement of its greeting; until then that may have been lost.
  const again = link.phase === 'open' ? acknowledgement(link.session, link.received) : encodeHello(link.session);
  return { link: { ...link, helloAtMs: nowMs }, send: [again] };
}

/** Whether the switcher has acknowledged the packet with this number. */
export function isAcknowledged(link: AtemLink, number: number): boolean {
  return !link.inFlight.some((packet) => packet.number === number);
}

function greeted(link: AtemLink, answer: 'accepted' | 'full', number: number, nowMs: number): LinkStep {
  if (answer === 'full' && link.phase === 'greeting')
    return { link: { ...link, phase: 'over' }, send: [], end: 'full' };
  if (answer === 'full') return { link, send: [] };
  // It may greet again when our acknowledgement was lost; a session that goes on is not begun anew.
  const open: AtemLink =
    link.phase === 'greeting' ? { ...link, phase: 'open', heardAtMs: nowMs, received: number } : link;
  return { link: open, send: [acknowledgement(link.session, number)] };
}

function acknowledgement(session: number, acknowledged: number): Uint8Array {
  return encodePacket({ acknowledges: true, session, acknowledged });
}

/** Sends again what `isDue`, and everything after it: the switcher takes packets in order only. */
function resent(link: AtemLink, isDue: (packet: InFlight) => boolean, nowMs: number): LinkStep {
  const first = link.inFlight.findIndex(isDue);
  if (first < 0) return { link, send: [] };
  const { session } = link;
  const due = link.inFlight.slice(first);
  return {
    link: {
      ...link,
      inFlight: [
        ...link.inFlight.slice(0, first),
        ...due.map((packet) => ({ ...packet, sentAtMs: nowMs, tries: packet.tries + 1 })),
      ],
    },
    send: due.map(({ number, payload }) => encodePacket({ wantsAck: true, isResent: true, session, number, payload })),
  };
}
