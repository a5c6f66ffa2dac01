import { describe, expect, it } from 'vitest';
import { GrantBook } from '../../../../agent/platform/mqtt/grant-book.ts';

const grant = (username: string, password: string, name: string) => ({
  username,
  password,
  publish: [`tele/${name}/#`],
  subscribe: [`cmnd/${name}/+`],
});

describe('grants', () => {
  it('joins the topics of all grants of one user, and parts them again', () => {
    const book = new GrantBook<string>();
    const lamp = book.add(grant('bridge', 'secret', 'lamp'), 'lamp');
    const plug = book.add(grant('bridge', 'secret', 'plug'), 'plug');
    book.add(grant('other', 'else', 'door'), 'door');
    expect(book.publishers('bridge', 'tele/plug/LWT').map(({ seat }) => seat)).toEqual(['plug']);
    expect(book.publishers('bridge', 'tele/door/LWT')).toEqual([]);
    expect(book.maySubscribe('bridge', 'cmnd/lamp/POWER')).toBe(true);
    expect(book.maySubscribe('bridge', 'cmnd/lamp/#')).toBe(false);
    expect(book.maySubscribe('bridge', 'cmnd/+/+')).toBe(false);
    expect(book.remove(plug)).toBe(false);
    expect(book.publishers('bridge', 'tele/plug/LWT')).toEqual([]);
    expect(book.remove(lamp)).toBe(true);
    expect(book.remove(lamp)).toBe(false);
    expect(book.has('bridge')).toBe(false);
  });

  it('knows a user by the password only', () => {
    const book = new GrantBook<string>();
    book.add(grant('lamp', 'secret', 'lamp'), 'lamp');
    const verify = (username: string, password: string) => book.verify(username, Buffer.from(password));
    expect(verify('lamp', 'secret')).toBe(true);
    expect(verify('lamp', 'secreT')).toBe(false);
    expect(verify('lamp', '')).toBe(false);
    expect(verify('nobody', '')).toBe(false);
    expect(verify('constructor', 'secret')).toBe(false);
  });

  it('refuses a second password for a user, and grants that mean nothing', () => {
    const book = new GrantBook<string>();
    book.add(grant('lamp', 'secret', 'lamp'), 'lamp');
    expect(() => book.add(grant('lamp', 'another', 'plug'), 'plug')).toThrow(/another password/);
    expect(() => book.add(grant('', 'secret', 'plug'), 'plug')).toThrow(/user name/);
    expect(() => book.add(grant('plug', '', 'plug'), 'plug')).toThrow(/password/);
    expect(() => book.add(grant('plug\u0000x', 'secret', 'plug'), 'plug')).toThrow(/user name/);
    expect(() => book.add(grant('plug', 'secret', 'a#b'), 'plug')).toThrow(/no topic filter/);
    expect(book.has('plug')).toBe(false);
  });
});
