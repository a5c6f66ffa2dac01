import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  coversFilter,
  isTopicFilter,
  isTopicName,
  matchesTopic,
} from '../../../../agent/platform/mqtt/topic-filter.ts';

const word = fc.constantFrom('', 'a', 'b', 'tele', 'cmnd', 'LWT');
const topic = fc.array(word, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(fc.array(fc.oneof(word, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, isOpen]) => (isOpen ? [...levels, '#'] : levels).join('/'));

describe('topic filters', () => {
  // The examples of MQTT 3.1.1, sections 4.7.1.2 and 4.7.1.3.
  it.each([
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/ranking', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/#', 'sport', true],
    ['#', 'sport/tennis', true],
    ['sport/tennis/+', 'sport/tennis/player1', true],
    ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['ACCOUNTS', 'Accounts', false],
  ])('%s selects %s: %s', (granted, name, expected) => {
    expect(matchesTopic(granted, name)).toBe(expected);
  });

  it.each(['sport/tennis#', 'sport/tennis/#/ranking', 'sport+', '', '$SYS/#', 'a\u0000b', 'a/'.repeat(20)])(
    'takes %j for no filter',
    (text) => {
      expect(isTopicFilter(text)).toBe(false);
    },
  );

  it('takes no wildcard and no topic of the broker for a name', () => {
    expect(['a/+', 'a/#', '$SYS/x', '', 'x'.repeat(513), 'a\nb'].filter(isTopicName)).toEqual([]);
    expect(isTopicName('tele/phòng 7/LWT')).toBe(true);
  });

  it('grants a filter only when it selects nothing else', () => {
    fc.assert(
      fc.property(filter, filter, topic, (granted, asked, name) => {
        fc.pre(coversFilter(granted, asked) && matchesTopic(asked, name));
        expect(matchesTopic(granted, name)).toBe(true);
      }),
    );
  });

  it('refuses a filter only when it selects something else', () => {
    fc.assert(
      fc.property(filter, filter, (granted, asked) => {
        fc.pre(!coversFilter(granted, asked));
        // A word that no filter has, in the place of each wildcard, at each length.
        const names = ['', '/~', '/~/~', '/~/~/~', '/~/~/~/~'].flatMap((tail) => {
          const open = asked.endsWith('#');
          const start = asked.replace(/\/?#$/, '').replaceAll('+', '~');
          return open ? [start + tail, tail.slice(1)] : [start];
        });
        const selected = names.filter((name) => matchesTopic(asked, name));
        expect(selected.some((name) => !matchesTopic(granted, name))).toBe(true);
      }),
    );
  });

  it('covers itself', () => {
    fc.assert(fc.property(filter, (text) => coversFilter(text, text)));
  });
});
