import type { deviceFields, roomFields } from '../../protocols/api/organisation/imports.ts';
import type { Field } from '../sheets/index.ts';

export type RoomField = (typeof roomFields)[number];
export type DeviceField = (typeof deviceFields)[number];

/** Folded names of the two sheets; the first of each is that of the template. */
export const sheetNames = { rooms: ['phong', 'rooms'], devices: ['thiet bi', 'devices'] } as const;

export const roomColumns: readonly Field<RoomField>[] = [
  { key: 'building', headers: ['day nha', 'toa nha', 'building'] },
  { key: 'floor', headers: ['tang', 'lau', 'floor'] },
  { key: 'room', headers: ['phong', 'ten phong', 'room'], isRequired: true },
  { key: 'code', headers: ['ma phong', 'ma', 'code'] },
];

export const deviceColumns: readonly Field<DeviceField>[] = [
  { key: 'name', headers: ['ten thiet bi', 'ten', 'thiet bi', 'name', 'device'], isRequired: true },
  { key: 'room', headers: ['phong', 'ma phong', 'room'] },
  { key: 'family', headers: ['loai thiet bi', 'loai', 'ho thiet bi', 'family', 'kind'], isRequired: true },
  { key: 'host', headers: ['dia chi mang', 'dia chi', 'dia chi ip', 'ip', 'address', 'host'] },
  { key: 'port', headers: ['cong', 'port'] },
  { key: 'username', headers: ['tai khoan', 'ten dang nhap', 'user', 'username'] },
  { key: 'password', headers: ['mat khau', 'password'] },
  { key: 'settings', headers: ['cai dat', 'thiet lap', 'settings'] },
  { key: 'serial', headers: ['so se-ri', 'so seri', 'serial', 'serial number', 's/n'] },
  { key: 'agent', headers: ['bo thu thap', 'agent'] },
];
