import { deviceOperation, maxEntries } from '../device.ts';
import { acknowledge, type SoapOperation } from '../soap.ts';
import { childrenNamed, textAt } from '../xml.ts';
import { type XmlMarkup, xml } from '../xml-markup.ts';

/** Levels of the standard, most powerful first [ONVIF Core 8.4.1]; `Extended` is a level that only the maker knows. */
export const userLevels = ['Administrator', 'Operator', 'User', 'Anonymous', 'Extended'] as const;
export type UserLevel = (typeof userLevels)[number];

/** One account of a device. Devices never tell passwords; one that does all the same is not listened to. */
export interface DeviceUser {
  readonly name: string;
  /** Undefined for a level that the standard does not know. */
  readonly level: UserLevel | undefined;
}

/** An account as it is written. Without a password the device keeps the one that it has, or makes an account without. */
export interface UserChange {
  readonly name: string;
  readonly password?: string;
  readonly level: Exclude<UserLevel, 'Anonymous' | 'Extended'>;
}

/** The accounts of a device [ONVIF Core 8.4.3, access class READ_SYSTEM_SECRET]. */
export function getUsers(): SoapOperation<readonly DeviceUser[]> {
  return deviceOperation('GetUsers', undefined, (answer) =>
    childrenNamed(answer, 'User')
      .slice(0, maxEntries)
      .flatMap((user) => {
        const name = textAt(user, 'Username');
        const told = textAt(user, 'UserLevel');
        return name === undefined ? [] : { name, level: userLevels.find((level) => level === told) };
      }),
  );
}

/** Makes accounts, all or none [ONVIF Core 8.4.4]. Passwords go in clear inside the envelope: only over a connection that may carry them. */
export function createUsers(users: readonly UserChange[]): SoapOperation<undefined> {
  return deviceOperation('CreateUsers', xml`${users.map(userMarkup)}`, acknowledge);
}

/** Changes password or level of accounts, all or none [ONVIF Core 8.4.6]. */
export function setUser(users: readonly UserChange[]): SoapOperation<undefined> {
  return deviceOperation('SetUser', xml`${users.map(userMarkup)}`, acknowledge);
}

/** Deletes accounts, all or none [ONVIF Core 8.4.5]. A device keeps its last administrator. */
export function deleteUsers(names: readonly string[]): SoapOperation<undefined> {
  const content = names.map((name) => xml`<tds:Username>${name}</tds:Username>`);
  return deviceOperation('DeleteUsers', xml`${content}`, acknowledge);
}

function userMarkup({ name, password, level }: UserChange): XmlMarkup {
  const secret = password === undefined ? undefined : xml`<tt:Password>${password}</tt:Password>`;
  return xml`<tds:User><tt:Username>${name}</tt:Username>${secret}<tt:UserLevel>${level}</tt:UserLevel></tds:User>`;
}
