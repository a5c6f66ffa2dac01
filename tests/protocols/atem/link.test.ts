import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AtemLink,
  hear,
  isAcknowledged,
  type LinkStep,
  openLink,
  pass,
  say,
} from '../../../protocols/atem/link.ts';
import { decodePacket, encodePacket } from '../../../protocols/atem/packet.ts';

const session = 0x8001;
const accepted = encodePacket({ greets: true, session: 7, payload: Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0) });
const full = encodePacket({ greets: true, session: 7, payload: Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0) });
const told = (number: number, ...payload: number[]) =>
  encodePacket({ wantsAck: true, session, number, payload: Uint8Array.from(payload) });
const acknowledged = (number: number, over: object = {}) =>
  encodePacket({ acknowledges: true, session, acknowledged: number, ...over });
const sent = ({ send }: LinkStep) => send.map(decodePacket);

function open(): AtemLink {
  return hear(openLink(7, 0).link, accepted, 10).link;
}

describe('the link to a switcher', () => {
  it('greets until it is answered, and acknowledges the answer', () => {
    const first = openLink(7, 0);
    expect(sent(first)).toMatchObject([{ greets: true, session: 7 }]);
    expect(pass(first.link, 900).send).toEqual([]);
    const second = pass(first.link, 1_000);
    expect(sent(second)).toMatchObject([{ greets: true }]);
    const step = hear(second.link, accepted, 1_100);
    expect(step.link.phase).toBe('open');
    expect(sent(step)).toMatchObject([{ acknowledges: true, session: 7, acknowledged: 0 }]);
    // It says so again when that was lost.
    expect(sent(hear(step.link, accepted, 1_200))).toMatchObject([{ acknowledges: true }]);
    // So do we, until it tells something.
    const repeated = pass(step.link, 2_100);
    expect(sent(repeated)).toMatchObject([{ acknowledges: true, session: 7, acknowledged: 0 }]);
    const settled = hear(repeated.link, told(1), 2_200).link;
    expect(pass(settled, 3_300).send).toEqual([]);
  });

  it('ends where there is no place, and after five seconds of silence, and then says nothing any more', () => {
    const refused = hear(openLink(7, 0).link, full, 10);
    expect([refused.end, refused.link.phase]).toEqual(['full', 'over']);
    expect(pass(open(), 5_009).end).toBeUndefined();
    const silent = pass(open(), 5_010);
    expect([silent.end, silent.link.phase]).toEqual(['silent', 'over']);
    expect(pass(silent.link, 60_000)).toMatchObject({ send: [] });
    expect(hear(silent.link, told(1, 1), 60_000)).toMatchObject({ send: [] });
  });

  it('takes the session that the switcher chooses, and nothing of another one', () => {
    const step = hear(open(), told(1, 9), 20);
    expect(step.payload).toEqual(Uint8Array.of(9));
    expect(sent(step)).toMatchObject([{ acknowledges: true, session, acknowledged: 1 }]);
    const other = encodePacket({ wantsAck: true, session: session + 1, number: 2, payload: Uint8Array.of(1) });
    expect(hear(step.link, other, 30)).toEqual({ link: step.link, send: [] });
  });

  it('sends again what was not acknowledged, and all after it, until it gives up', () => {
    let link = hear(open(), told(1), 20).link;
    const numbers = [100, 101].map((at) => {
      const step = say(link, Uint8Array.of(at), at);
      link = step.link;
      return step.number;
    });
    expect(numbers).toEqual([1, 2]);
    expect(pass(link, 350).send).toEqual([]);
    const again = pass(link, 400);
    expect(sent(again)).toMatchObject([
      { number: 1, isResent: true, session },
      { number: 2, isResent: true },
    ]);
    const heard = hear(again.link, acknowledged(1), 410).link;
    expect([isAcknowledged(heard, 1), isAcknowledged(heard, 2)]).toEqual([true, false]);
    const asked = hear(heard, acknowledged(1, { asksAgain: true, again: 2 }), 420);
    expect(sent(asked)).toMatchObject([{ number: 2, isResent: true }]);

    let unheard = asked.link;
    let end: LinkStep['end'];
    for (let at = 500; at < 8_000 && end === undefined; at += 150) {
      // It speaks, and does not listen.
      unheard = hear(unheard, told(((at / 150) | 0) + 100), at).link;
      const step = pass(unheard, at);
      unheard = step.link;
      end = step.end;
    }
    expect(end).toBe('silent');
  });

  it('gives what is told once and in order, whatever the network loses, repeats and turns round', () => {
    const ways = fc.array(fc.constantFrom('through', 'lost', 'twice', 'late'), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(ways, fc.integer({ min: 0, max: 0x7fff }), (ways, first) => {
        // The numbers go over the end of their circle.
        let link: AtemLink = { ...open(), received: first };
        const all = Array.from({ length: 12 }, (_, index) => index + 1);
        const got: number[] = [];
        let late: Uint8Array | undefined;
        let turn = 0;
        const deliver = (bytes: Uint8Array) => {
          const step = hear(link, bytes, 20);
          link = step.link;
          got.push(...(step.payload ?? []));
        };
        // The switcher sends everything that is not acknowledged, in rounds.
        for (let round = 0; round < 200 && got.length < all.length; round++) {
          for (const value of all.slice(got.length)) {
            const bytes = told((first + value) % 0x8000, value);
            const way = round > 100 ? 'through' : ways[turn++ % ways.length];
            if (way === 'late') late = bytes;
            if (way === 'through' || way === 'twice') deliver(bytes);
            if (way === 'twice') deliver(bytes);
          }
          if (late) deliver(late);
          late = undefined;
        }
        expect(got).toEqual(all);
      }),
    );
  });
});
