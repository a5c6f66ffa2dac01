import { ProtocolError } from '../bytes/error.ts';
import { fieldsOf, requireField } from './output.ts';

/** Who a controller is: `mc info` (IPMI 2.0 section 20.1, Get Device ID). */
export interface ControllerIdentity {
  /** As it is written, such as `9.08`: it stays text. */
  readonly firmware: string;
  readonly ipmiVersion: string;
  /** Undefined where `ipmitool` has no name for the number. */
  readonly manufacturer: string | undefined;
  readonly product: string | undefined;
  readonly isAvailable: boolean;
}

/** Throws ProtocolError. */
export function parseController(output: string): ControllerIdentity {
  const fields = fieldsOf(output);
  return {
    firmware: requireField(fields, 'Firmware Revision'),
    ipmiVersion: requireField(fields, 'IPMI Version'),
    manufacturer: known(fields.get('Manufacturer Name')),
    product: known(fields.get('Product Name')),
    isAvailable: fields.get('Device Available') !== 'no',
  };
}

function known(name: string | undefined): string | undefined {
  return name === undefined || name === '' || /^unknown/i.test(name) ? undefined : name;
}

/** What a chassis says of itself: `chassis status` (IPMI 2.0 section 28.2). */
export interface ChassisStatus {
  readonly isOn: boolean;
  /** Names of what is wrong, as `ipmitool` writes them; empty when nothing is. */
  readonly faults: readonly string[];
  readonly isOpen: boolean;
}

const faultFields = ['Power Overload', 'Main Power Fault', 'Power Control Fault', 'Drive Fault', 'Cooling/Fan Fault'];

/** Throws ProtocolError. */
export function parseChassisStatus(output: string): ChassisStatus {
  const fields = fieldsOf(output);
  const power = requireField(fields, 'System Power');
  if (power !== 'on' && power !== 'off') throw new ProtocolError('malformed', `the power is "${power.slice(0, 40)}"`);
  return {
    isOn: power === 'on',
    faults: faultFields.filter((name) => fields.get(name) === 'true'),
    isOpen: fields.get('Chassis Intrusion') === 'active',
  };
}

/** What is written into the machine: `fru print 0` (IPMI Platform Management FRU Information Storage 1.0). Every value stays text. */
export interface Inventory {
  readonly manufacturer: string | undefined;
  readonly product: string | undefined;
  readonly version: string | undefined;
  readonly serial: string | undefined;
  readonly partNumber: string | undefined;
  readonly board: { readonly product: string | undefined; readonly serial: string | undefined };
}

/** A machine without an inventory has a board's, or none: all is undefined then. */
export function parseInventory(output: string): Inventory {
  const fields = fieldsOf(output);
  const field = (...names: readonly string[]) =>
    names.map((name) => fields.get(name)).find((value) => value !== undefined && value !== '' && !isFiller(value));
  return {
    manufacturer: field('Product Manufacturer', 'Board Mfg'),
    product: field('Product Name'),
    version: field('Product Version'),
    serial: field('Product Serial', 'Chassis Serial'),
    partNumber: field('Product Part Number'),
    board: { product: field('Board Product'), serial: field('Board Serial') },
  };
}

/** What makers leave in fields that nobody filled in. */
function isFiller(value: string): boolean {
  return /^(to be filled by o\.?e\.?m\.?|not specified|default string|n\/?a|none|unknown|0+|\.+|-+)$/i.test(value);
}
