import type { XmlElement } from '../../../../protocols/onvif/xml.ts';
import type { Camera } from '../camera.ts';
import { envelope, escapeText, Fault, type ServiceRequest, textIn } from '../soap.ts';
import type { Level, SimulatedUser } from './upkeep.ts';

type Answer = (camera: Camera, request: ServiceRequest) => string;

const levels: readonly string[] = ['Administrator', 'Operator', 'User'];

/** Operations that only an administrator may ask for [ONVIF Core 5.9.4.3]. */
export const administratorOperations = new Set([
  'tds:GetUsers',
  'tds:CreateUsers',
  'tds:SetUser',
  'tds:DeleteUsers',
  'tds:SetNTP',
  'tds:SetSystemDateAndTime',
  'tds:SetHostname',
  'tds:GetSystemLog',
  'tds:GetSystemUris',
  'tds:StartFirmwareUpgrade',
  'tds:UpgradeSystemFirmware',
  'tds:SystemReboot',
  'tas:CreateRSAKeyPair',
  'tas:UploadCertificate',
  'tas:AddServerCertificateAssignment',
  'tas:ReplaceServerCertificateAssignment',
]);

function readUsers({ operation }: ServiceRequest): readonly SimulatedUser[] {
  const given = operation.children.filter(({ name }) => name === 'User');
  return given.map((user: XmlElement) => {
    const level = textIn(user, 'UserLevel');
    if (!levels.includes(level)) throw invalid('ter:InvalidUserLevel', `No level ${level}`);
    return { name: textIn(user, 'Username'), password: passwordOf(user), level: level as Level };
  });
}

/** Passwords are not trimmed. */
function passwordOf(user: XmlElement): string {
  return user.children.find(({ name }) => name === 'Password')?.text ?? '';
}

function invalid(subcode: string, reason: string): Fault {
  return new Fault(400, 'Sender', ['ter:OperationProhibited', subcode], reason);
}

function checkPassword({ password }: SimulatedUser): void {
  if (password.length < 4) throw invalid('ter:PasswordTooWeak', 'The password is too weak');
  if (password.length > 32) throw invalid('ter:PasswordTooLong', 'The password is too long');
}

/** All or nothing: each operation judges every user before it changes one. */
export const accountsService: Readonly<Record<string, Answer>> = {
  'tds:GetUsers': ({ upkeep }) => {
    const users = upkeep.users.map(
      ({ name, level }) =>
        `<tds:User><tt:Username>${escapeText(name)}</tt:Username><tt:UserLevel>${level}</tt:UserLevel></tds:User>`,
    );
    return envelope(`<tds:GetUsersResponse>${users.join('')}</tds:GetUsersResponse>`);
  },
  'tds:CreateUsers': ({ upkeep }, request) => {
    const added = readUsers(request);
    for (const user of added) {
      if (upkeep.users.some(({ name }) => name === user.name)) throw invalid('ter:UsernameClash', 'The name is taken');
      if (user.name.length > 32) throw invalid('ter:UsernameTooLong', 'The name is too long');
      checkPassword(user);
    }
    if (upkeep.users.length + added.length > 8) throw invalid('ter:TooManyUsers', 'No more users');
    upkeep.users = [...upkeep.users, ...added];
    return envelope('<tds:CreateUsersResponse/>');
  },
  'tds:SetUser': ({ upkeep }, request) => {
    const changed = new Map(readUsers(request).map((user) => [user.name, user]));
    for (const user of changed.values()) {
      if (!upkeep.users.some(({ name }) => name === user.name)) throw missing();
      if (user.password !== '') checkPassword(user);
    }
    upkeep.users = upkeep.users.map((known) => {
      const change = changed.get(known.name);
      return change ? { ...change, password: change.password === '' ? known.password : change.password } : known;
    });
    return envelope('<tds:SetUserResponse/>');
  },
  'tds:DeleteUsers': ({ upkeep }, { operation }) => {
    const names = operation.children.filter(({ name }) => name === 'Username').map(({ text }) => text.trim());
    if (names.some((gone) => !upkeep.users.some(({ name }) => name === gone))) throw missing();
    const left = upkeep.users.filter(({ name }) => !names.includes(name));
    if (!left.some(({ level }) => level === 'Administrator')) {
      throw new Fault(400, 'Sender', ['ter:InvalidArgVal', 'ter:FixedUser'], 'The last administrator stays');
    }
    upkeep.users = left;
    return envelope('<tds:DeleteUsersResponse/>');
  },
};

function missing(): Fault {
  return new Fault(400, 'Sender', ['ter:InvalidArgVal', 'ter:UsernameMissing'], 'The name is not known');
}
