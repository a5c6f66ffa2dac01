import { object, type RedfishDocument, type Status, status, text } from './document.ts';
import { link } from './link.ts';

/** The controller itself (DSP0268, Manager). */
export interface Controller {
  readonly model: string | undefined;
  readonly firmware: string | undefined;
  readonly status: Status;
  /** Its clock, milliseconds since the Unix epoch. */
  readonly dateTime: number | undefined;
  readonly logServices: string | undefined;
}

const managerSchema = object({
  Model: text,
  FirmwareVersion: text,
  Status: status,
  DateTime: text,
  LogServices: link,
});

export function parseController(document: RedfishDocument): Controller {
  const manager = managerSchema.parse(document);
  return {
    model: manager.Model,
    firmware: manager.FirmwareVersion,
    status: manager.Status,
    dateTime: parseTime(manager.DateTime),
    logServices: manager.LogServices,
  };
}

const timeForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)$/;

/** DateTime of DSP0266 section 9.5.5 (ISO 8601 with an offset), in milliseconds; undefined for a clock that was never set. */
export function parseTime(value: string | undefined): number | undefined {
  if (value === undefined || !timeForm.test(value)) return undefined;
  const time = Date.parse(value.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  // A BMC without a battery begins at 1970; that says nothing.
  return Number.isFinite(time) && time >= Date.UTC(2000, 0, 1) ? time : undefined;
}

const updateSchema = object({ FirmwareInventory: link });

/** The UpdateService, as far as it is read: where the list of firmware is; undefined for one without. */
export function parseFirmwareInventory(document: RedfishDocument): string | undefined {
  return updateSchema.parse(document).FirmwareInventory;
}

const softwareSchema = object({ Id: text, Name: text, Version: text });

/** One line of the firmware inventory (DSP0268, SoftwareInventory). */
export function parseSoftware(document: RedfishDocument): {
  readonly name: string;
  readonly version: string | undefined;
} {
  const { Id, Name, Version } = softwareSchema.parse(document);
  // The name is often the same for all ("Software"); the id is what tells them apart.
  return {
    name: Name === undefined || Id === undefined ? (Name ?? Id ?? 'firmware') : `${Name} (${Id})`,
    version: Version,
  };
}
